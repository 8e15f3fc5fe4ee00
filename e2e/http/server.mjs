// Usage: node server.mjs CERT KEY: prints the ports of HTTP and HTTPS.
import http from 'node:http'
import https from 'node:https'
import { readFileSync } from 'node:fs'

const sleep = ms => new Promise(done => setTimeout(done, ms))

async function answer(req, res) {
  if (req.url === '/refuse') {
    res.writeHead(413, { 'Content-Type': 'text/plain' })
    return res.end('too large')
  }
  const parts = []
  for await (const part of req) parts.push(part)
  if (req.url === '/echo') {
    const body = Buffer.concat(parts)
    res.writeHead(200, { 'Content-Length': body.length })
    return res.end(body)
  }
  for (let i = 0; req.url === '/endless' || i < 10; i++) {
    if (res.destroyed) return
    res.write(`chunk ${i}\n`)
    await sleep(5)
  }
  res.end()
}

const handler = (req, res) => answer(req, res).catch(() => res.destroy())
const [cert, key] = process.argv.slice(2).map(file => readFileSync(file))
const servers = [http.createServer(handler), https.createServer({ cert, key }, handler)]
const ports = []
for (const s of servers) {
  s.keepAliveTimeout = 1000
  s.keepAliveTimeoutBuffer = 0
  await new Promise(done => s.listen(0, '127.0.0.1', done))
  ports.push(s.address().port)
}
console.log(ports.join(' '))
