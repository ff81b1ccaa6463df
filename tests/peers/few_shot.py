"""A few-shot comparison as one writes it with PyTorch, transformers and PEFT: the mark that `lora-compose adapt --protocol paper` is timed against.

    python few_shot.py --base vit --data images --adapter modules/a modules/b --shots 20 --validation 4 [--feature-cache]

images/train/<class>/* and images/test/<class>/* hold the pictures. Each method trains its head for 50 passes (AdamW, rate 1e-2), then everything together for
--steps steps, looks ten and five times at the held-out pictures, keeps the most accurate state, and is tested once: the protocol of arXiv:2402.15414 as the
tool has it, both trainings with warm-up and cosine. With --feature-cache the head trains on features that are computed once for each method, without it through the model.
It prints the seconds of each method, of everything, and the accuracies. PEFT and transformers are used as they are; only the learned weights, which
PEFT has not, are written here: a softmax of one vector per layer, multiplied into the scaling of the active adapters.
"""

import argparse
import copy
import json
import math
import time
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from PIL import Image
from safetensors.torch import load_file
from torch.nn import functional
from torchvision.transforms.functional import to_tensor
from transformers import ViTForImageClassification


def pictures(folder, classes, size, resample, mean, std, first=0, count=None):
    tensors, labels = [], []
    for label, name in enumerate(classes):
        for file in sorted((folder / name).iterdir())[first:None if count is None else first + count]:
            image = Image.open(file).convert("RGB").resize((size, size), Image.Resampling(resample))
            tensors.append((to_tensor(image) - mean) / std)
            labels.append(label)
    return torch.stack(tensors), torch.tensor(labels)


def base_model(arguments, classes):
    return ViTForImageClassification.from_pretrained(arguments.base, num_labels=len(classes), ignore_mismatched_sizes=True, attn_implementation="sdpa")


def with_adapters(model, folders):
    """All adapters on one model, their heads left out: those are of other classes."""
    model.requires_grad_(False)
    for n, folder in enumerate(folders):
        config = LoraConfig.from_pretrained(folder)
        config.modules_to_save = None
        model = get_peft_model(model, config, adapter_name=f"m{n}") if n == 0 else model
        if n > 0:
            model.add_adapter(f"m{n}", config)
        own = {name: parameter for name, parameter in model.named_parameters() if f".m{n}." in name}
        for key, value in load_file(Path(folder) / "adapter_model.safetensors").items():
            if ".lora_" in key:
                own[key.replace(".weight", f".m{n}.weight")].data.copy_(value)
    return model


class Learned:
    """Softmax weights of the active adapters, one vector per layer."""

    def __init__(self, model, count):
        self.layers = [module for module in model.modules() if isinstance(module, LoraLayer)]
        self.scalings = [dict(layer.scaling) for layer in self.layers]
        self.logits = [torch.zeros(count, requires_grad=True) for _ in self.layers]

    def apply(self):
        for layer, scalings, logits in zip(self.layers, self.scalings, self.logits):
            weights = logits.softmax(0)
            for n in range(len(logits)):
                layer.scaling[f"m{n}"] = weights[n] * scalings[f"m{n}"]


def prepare(method, arguments, classes):
    """The model, its head, what else trains with its rate, and what is done before each forward pass."""
    model, before, trained, rate = base_model(arguments, classes), (lambda: None), [], 0.0
    if method == "lora":
        model = get_peft_model(model, LoraConfig(r=16, lora_alpha=16, target_modules=LoraConfig.from_pretrained(arguments.adapter[0]).target_modules))
        trained, rate = [p for name, p in model.named_parameters() if "lora_" in name], 2e-3
    elif method in ("uniform", "learned"):
        model = with_adapters(model, arguments.adapter)
        names = [f"m{n}" for n in range(len(arguments.adapter))]
        if method == "uniform":
            model.add_weighted_adapter(names, [1 / len(names)] * len(names), "mean", combination_type="cat")
            model.set_adapter("mean")
        else:
            model.base_model.set_adapter(names)
            learned = Learned(model, len(names))
            before, trained, rate = learned.apply, learned.logits, 0.05
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(False)
    else:
        model.requires_grad_(False)
    head = (model.base_model.model if isinstance(model, PeftModel) else model).classifier
    head.requires_grad_(True)
    return model, head, trained, rate, before


def schedule(step, steps, warm_up=0.1):
    rising = max(1, int(steps * warm_up))
    return (step + 1) / rising if step < rising else 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


@torch.no_grad()
def logits_of(model, images, before):
    before()
    return torch.cat([model(pixel_values=batch).logits for batch in images.split(128)])


@torch.no_grad()
def features_of(model, images, before):
    before()
    inner = model.base_model.model if isinstance(model, PeftModel) else model
    return torch.cat([inner.vit(pixel_values=batch).last_hidden_state[:, 0] for batch in images.split(128)])


def train(groups, steps, checks, arguments, generator, count, loss_of, accuracy_of):
    """AdamW with warm-up and cosine over random batches; the most accurate of the states that were looked at is kept."""
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    rates = [group["lr"] for group in optimizer.param_groups]
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    best, kept, order = -1.0, None, []
    for step in range(steps):
        if not order:
            order = list(torch.randperm(count, generator=generator).split(arguments.batch))
        for group, full in zip(optimizer.param_groups, rates):
            group["lr"] = full * schedule(step, steps)
        loss_of(order.pop()).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if (step + 1) * checks // steps > step * checks // steps and (accuracy := accuracy_of()) > best:
            best, kept = accuracy, [copy.deepcopy(parameter.detach()) for parameter in parameters]
    with torch.no_grad():
        for parameter, value in zip(parameters, kept):
            parameter.copy_(value)


def accuracy(scores, labels):
    return (scores.argmax(1) == labels).float().mean().item()


def run(method, arguments, classes, support, validation, test):
    torch.manual_seed(arguments.seed)
    model, head, trained, rate, before = prepare(method, arguments, classes)
    images, labels = support
    generator = torch.Generator().manual_seed(arguments.seed)
    cached = [features_of(model, part[0], before) for part in (support, validation)] if arguments.feature_cache else None

    def loss_of(batch):
        before()
        return functional.cross_entropy(model(pixel_values=images[batch]).logits, labels[batch])

    def accuracy_of():
        return accuracy(logits_of(model, validation[0], before), validation[1])

    def loss_of_head(batch):
        return functional.cross_entropy(head(cached[0][batch]), labels[batch])

    @torch.no_grad()
    def accuracy_of_head():
        return accuracy(head(cached[1]), validation[1])

    # While the head alone trains, what is kept of the frozen rest serves, where it is kept.
    alone = (loss_of_head, accuracy_of_head) if cached else (loss_of, accuracy_of)
    passes = 50 * math.ceil(len(labels) / arguments.batch)
    train([{"params": list(head.parameters()), "lr": 1e-2}], passes, 10, arguments, generator, len(labels), *alone)
    groups = [{"params": list(head.parameters()), "lr": 1e-3}] + ([{"params": trained, "lr": rate}] if trained else [])
    train(groups, arguments.steps, 5, arguments, generator, len(labels), *((loss_of, accuracy_of) if trained else alone))
    return accuracy(logits_of(model, test[0], before), test[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--adapter", nargs="+", required=True)
    parser.add_argument("--shots", type=int, default=20)
    parser.add_argument("--validation", type=int, default=4)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--methods", default="classifier,lora,uniform,learned")
    parser.add_argument("--feature-cache", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    started = time.perf_counter()
    settings = json.loads((Path(arguments.base) / "preprocessor_config.json").read_text())
    size = settings["size"]["height"] if isinstance(settings["size"], dict) else settings["size"]
    resample = settings.get("resample", 2)
    mean, std = (torch.tensor(settings[name]).view(3, 1, 1) for name in ("image_mean", "image_std"))
    classes = sorted(folder.name for folder in (arguments.data / "train").iterdir())
    train, held = arguments.data / "train", arguments.data / "test"
    support = pictures(train, classes, size, resample, mean, std, 0, arguments.shots)
    validation = pictures(train, classes, size, resample, mean, std, arguments.shots, arguments.validation)
    test = pictures(held, classes, size, resample, mean, std)
    print(f"read {len(support[1])} + {len(validation[1])} + {len(test[1])} pictures: {time.perf_counter() - started:.1f} s", flush=True)
    for method in arguments.methods.split(","):
        begun = time.perf_counter()
        reached = run(method, arguments, classes, support, validation, test)
        print(f"{method:12} {time.perf_counter() - begun:7.1f} s, {100 * reached:.1f} %", flush=True)
    print(f"all          {time.perf_counter() - started:7.1f} s", flush=True)


if __name__ == "__main__":
    main()
