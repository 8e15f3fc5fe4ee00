"""Serves a GGUF model on loopback with the llama.cpp server of xllamacpp.

    python e2e/llama_server.py MODEL.gguf PORT

Prints the address once it listens and runs until it is killed.
"""

import os
import sys
import threading

import xllamacpp


def main():
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.hostnames = ["127.0.0.1"]
    params.port = int(sys.argv[2])
    params.model_alias = {"smollm2"}
    params.n_ctx = 8192  # 2048 for each slot
    params.n_parallel = 4
    # One core is left to others: llama.cpp's threads spin while they wait for
    # one another, which on a busy machine costs ten times the time.
    threads = max(1, (os.cpu_count() or 2) - 1)
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.use_jinja = True
    params.ui = False
    params.verbosity = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    threading.Event().wait()


main()
