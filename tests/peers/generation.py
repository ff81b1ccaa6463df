"""Generation with transformers, as `LoraComposition.Benchmarks generation` measures ours: a T5 of Flan-T5-base's shape with random weights, greedy, cached.

    python generation.py --layers 3 --threads 1 --rounds 7

Prints tokens per second for a batch of 1 and of 8, texts of 64 tokens, 32 and 64 new tokens; the median of the rounds after one that is not counted.
"""

import argparse
import statistics
import time

import torch
from transformers import T5Config, T5ForConditionalGeneration


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    config = T5Config(vocab_size=32128, d_model=768, d_kv=64, d_ff=2048, num_layers=arguments.layers, num_decoder_layers=arguments.layers, num_heads=12,
                      feed_forward_proj="gated-gelu", tie_word_embeddings=False, decoder_start_token_id=0)
    model = T5ForConditionalGeneration(config).eval().to(arguments.device)
    for batch in (1, 8):
        ids = torch.randint(3, 32000, (batch, 64), device=arguments.device)
        for length in (32, 64):
            seconds = []
            for _ in range(arguments.rounds + 1):
                begun = time.perf_counter()
                found = model.generate(ids, min_new_tokens=length, max_new_tokens=length, do_sample=False, num_beams=1, use_cache=True)
                found.cpu()
                seconds.append(time.perf_counter() - begun)
            print(f"batch {batch}, {length} tokens: {batch * length / statistics.median(seconds[1:]):.0f} tokens/s", flush=True)


if __name__ == "__main__":
    main()
