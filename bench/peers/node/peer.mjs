// The client of Node that Paceline is measured against: openai, used as its
// documentation shows. bench/peers starts it.
import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import OpenAI from 'openai';

const prompt = 'Review 1: arrived on time, works as described, would buy again. Positive, negative or mixed?';
const text = { type: 'string' };
const { values: args } = parseArgs({
  options: { client: text, url: text, mode: text, concurrency: text, want: text, input: text, output: text },
});
const want = Number(args.want);
const client = new OpenAI({ apiKey: 'none', baseURL: args.url, timeout: 3600_000 });

const request = (content, stream) => ({ model: 'bench', messages: [{ role: 'user', content }], stream });

async function whole(content) {
  const answer = await client.chat.completions.create(request(content, false));
  return answer.choices[0].message.content;
}

async function streamed(content) {
  let all = '';
  for await (const chunk of await client.chat.completions.create(request(content, true))) {
    all += chunk.choices[0]?.delta?.content ?? '';
  }
  return all;
}

function check(answer) {
  if (answer.length !== want) throw new Error(`an answer has ${answer.length} characters, not ${want}`);
  return answer;
}

// Calls without end, until the process is killed or one fails.
async function steady() {
  const call = args.mode === 'stream' ? streamed : whole;
  for (;;) check(await call(prompt));
}

// Workers take lines of the input in turn and write a row each as it comes.
async function bulk(lines, rows) {
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const item = JSON.parse(line.value);
    item.llm = { response: check(await whole(item.text)), requests: 1 };
    if (!rows.write(JSON.stringify(item) + '\n')) await once(rows, 'drain');
  }
}

const work = Array.from({ length: Number(args.concurrency) });
if (args.mode === 'bulk') {
  const rows = createWriteStream(args.output);
  const lines = createInterface({ input: createReadStream(args.input) })[Symbol.asyncIterator]();
  await Promise.all(work.map(() => bulk(lines, rows)));
  rows.end();
  await once(rows, 'finish');
} else {
  await Promise.all(work.map(steady));
}
