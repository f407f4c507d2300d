"""A process that serves one gguf file with llama.cpp until its standard input ends: llama_process.py FILE.

It says where on standard output. A process, since the server may not come back when it is taken down.
"""

import os
import sys

import xllamacpp

if __name__ == "__main__":
    settings = xllamacpp.CommonParams()
    settings.model.path = sys.argv[1]
    settings.n_ctx, settings.cpuparams.n_threads = 256, 1
    settings.warmup, settings.verbosity = False, -1
    # Its keys and values are fp16 otherwise.
    settings.cache_type_k = settings.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    settings.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = xllamacpp.Server(settings)
    print(f"\naddress {server.listening_address}", flush=True)
    sys.stdin.read()
    os._exit(0)
