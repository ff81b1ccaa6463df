"""A training step of learned weights as one writes it in PyTorch, as `LoraComposition.Benchmarks composed` measures ours, on the same machine in the same hour.

    python composed_step.py --device cuda --dtype float32 --batch 128 --modules 1,5,25,100 --rounds 20

A ViT-B/32 with random weights from transformers; N adapters of rank 16 on query, key and value with a softmax of one vector per layer. Three ways: the factors
of all modules stacked (two thin products a layer), a loop over the modules, and PEFT with N active adapters, which trains their factors as it has no weights.
Each is divided by a forward and backward pass through the frozen model, round by round; the medians are printed with the images per second.
"""

import argparse
import statistics
import time

import torch
from torch import nn
from torch.nn import functional
from transformers import ViTConfig, ViTForImageClassification

RANK = 16


class Composed(nn.Module):
    """A frozen layer and N frozen updates, stacked or in a loop."""

    def __init__(self, base, count, stacked):
        super().__init__()
        self.base, self.stacked, self.count = base, stacked, count
        like = {"device": base.weight.device, "dtype": base.weight.dtype}
        self.register_buffer("a", torch.randn(count * RANK, base.in_features, **like) * 0.02)
        self.register_buffer("b", torch.randn(base.out_features, count * RANK, **like) * 0.02)
        self.logits = nn.Parameter(torch.zeros(count, device=base.weight.device))

    def forward(self, x):
        weights = self.logits.softmax(0).to(x.dtype)
        output = self.base(x)
        if self.stacked:
            return output + functional.linear(functional.linear(x, self.a) * weights.repeat_interleave(RANK), self.b)
        for n in range(self.count):
            part = slice(n * RANK, (n + 1) * RANK)
            output = output + functional.linear(functional.linear(x, self.a[part]), self.b[:, part]) * weights[n]
        return output


def sites(model):
    names = ("query", "key", "value", "q_proj", "k_proj", "v_proj")
    return [(parent, name) for parent in model.modules() for name, child in list(parent.named_children()) if name in names and isinstance(child, nn.Linear)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--tf32", choices=("true", "false"), default="true")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--modules", default="1,5,25,100")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ways", default="stacked,loop,peft")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.backends.cuda.matmul.allow_tf32 = arguments.tf32 == "true"
    wait = torch.cuda.synchronize if arguments.device.startswith("cuda") else lambda: None
    torch.manual_seed(1)
    config = ViTConfig(hidden_size=768, num_hidden_layers=arguments.layers, num_attention_heads=12, intermediate_size=3072, image_size=224, patch_size=32, num_labels=1000)

    def fresh():
        model = ViTForImageClassification._from_config(config, attn_implementation="sdpa").to(arguments.device, getattr(torch, arguments.dtype)).eval()
        return model.requires_grad_(False)

    pixels = torch.randn(arguments.batch, 3, 224, 224, device=arguments.device, dtype=getattr(torch, arguments.dtype))
    labels = torch.randint(0, 1000, (arguments.batch,), device=arguments.device)

    def step_of(model, optimizer=None):
        def step():
            functional.cross_entropy(model(pixel_values=pixels).logits.float(), labels).backward()
            if optimizer:
                optimizer.step()
                optimizer.zero_grad()
        return step

    frozen = fresh()
    frozen.get_parameter("vit.embeddings.cls_token").requires_grad_(True)
    frozen_step = step_of(frozen)

    def timed(step):
        wait()
        begun = time.perf_counter()
        step()
        wait()
        return time.perf_counter() - begun

    print(f"{'N':>4} {'way':8} {'÷ frozen':>9} {'images/s':>9}")
    for count in map(int, arguments.modules.split(",")):
        for way in arguments.ways.split(","):
            if way == "loop" and arguments.device == "cpu" and count * arguments.batch > 800:
                print(f"{count:4} {way:8} left out: the outputs of all modules for all images would not fit")
                continue
            try:
                model = fresh()
                if way == "peft":
                    from peft import LoraConfig, get_peft_model
                    lora = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=sorted({name for _, name in sites(model)}))
                    model = get_peft_model(model, lora, adapter_name="m0")
                    for n in range(1, count):
                        model.add_adapter(f"m{n}", lora)
                    model.base_model.set_adapter([f"m{n}" for n in range(count)])
                else:
                    for parent, name in sites(model):
                        setattr(parent, name, Composed(getattr(parent, name), count, way == "stacked"))
                trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
                step = step_of(model, torch.optim.AdamW(trained, lr=0.01))
                timed(frozen_step), timed(step)
                pairs = [(timed(frozen_step), timed(step)) for _ in range(arguments.rounds)]
                print(f"{count:4} {way:8} {statistics.median(s / f for f, s in pairs):9.3f} {arguments.batch / statistics.median(s for _, s in pairs):9.1f}", flush=True)
                del model, step, trained
            except RuntimeError as error:
                print(f"{count:4} {way:8} {str(error).splitlines()[0]}", flush=True)


if __name__ == "__main__":
    main()
