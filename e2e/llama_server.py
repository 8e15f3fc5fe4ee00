"""Serves a GGUF model on loopback with the llama.cpp server of xllamacpp.

    python e2e/llama_server.py MODEL.gguf PORT

Prints the address once it listens and runs until it is killed.
"""

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
    params.cpuparams.n_threads = 2
    params.use_jinja = True
    params.ui = False
    params.verbosity = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    threading.Event().wait()


main()
