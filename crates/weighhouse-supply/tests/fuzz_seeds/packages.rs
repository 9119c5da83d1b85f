//! Files that name packages, one or two of each kind, benign and hostile.

pub(crate) const PACKAGES: &[(&str, &str)] = &[
    (
        "requirements.txt",
        "\u{feff}# c\ntorch==2.1.0+cu118 ; python_version >= \"3.9\" and (sys_platform == 'linux' or extra == \"a\") --hash=sha256:ab\n-r 1.txt\n-c 2.txt\n-r ../../etc/passwd\n-e git+https://h/r.git@v1#egg=evil[x]&subdirectory=y\nrequests[a, b] >=2,<3 \\\n  ; \"3\" in python_version\n--index-url https://h/simple\nx @ https://h/torch-1.0-py3-none-any.whl ; python_version not in '2.7, 3.1'\na===odd\nevil\n\0torch~=1.13\n-r 2.txt\n\0-r 1.txt\nb!=1.*,>=1!0.dev0\n",
    ),
    ("constraints.txt", "torch<2\nevil==1.0.0rc1\n"),
    (
        "pyproject.toml",
        "[project]\ndependencies = [\"torch>=1\", \"evil ; python_version < '3'\"]\n[project.optional-dependencies]\na = [\"x==1\"]\n[dependency-groups]\ndev = [\"y\", {include-group = \"a\"}]\n[build-system]\nrequires = [\"setuptools\"]\n[tool.poetry.dependencies]\npython = \"^3.9\"\ntorch = {version = \"^1.2.3\", markers = \"sys_platform == 'win32'\"}\nz = [{version = \"~1.2\"}, {version = \"1.2.*||2\"}]\n[tool.poetry.group.g.dependencies]\nw = \"*\"\n",
    ),
    (
        "uv.lock",
        "version = 1\n[[package]]\nname = \"torch\"\nversion = \"2.1.0\"\nsource = { registry = \"https://h\" }\ndependencies = [{ name = \"evil\", marker = \"extra == 'a'\" }]\n[[package]]\nname = \"own\"\nsource = { editable = \".\" }\n",
    ),
    (
        "poetry.lock",
        "[[package]]\nname = \"torch\"\nversion = \"1.0\"\noptional = true\ngroups = [\"main\", \"dev\"]\nmarkers = \"python_version < '3.10'\"\n[metadata]\nlock-version = \"2.1\"\n",
    ),
    ("pdm.lock", "[[package]]\nname = \"torch\"\nversion = \"1.0\"\ngroups = [\"test\"]\n"),
    (
        "pylock.toml",
        "lock-version = \"1.0\"\n[[packages]]\nname = \"torch\"\nversion = \"1.0\"\nmarker = \"python_version >= '3.9'\"\n[[packages]]\nname = \"d\"\ndirectory = { path = \".\" }\n",
    ),
    (
        "Pipfile.lock",
        r#"{"_meta":{"sources":[]},"default":{"torch":{"version":"==1.0","markers":"python_version < '4'"}},"develop":{"evil":{"git":"https://h"}}}"#,
    ),
    (
        "environment.yml",
        "name: a\nchannels: [c]\ndependencies:\n- python=3.10\n- conda-forge::pytorch=1.0=py_0\n- numpy >=1,<2\n- &p pip\n- *p\n- pip:\n  - torch==1.0\n  - -r 1.txt\n  - --extra-index-url https://h\n\0evil\n",
    ),
    ("python_env.yaml", "python: 3.10\nbuild_dependencies:\n- pip==23\ndependencies:\n- -r 1.txt\n\0torch\n"),
    (
        "package-lock.json",
        r#"{"lockfileVersion":3,"packages":{"":{"name":"a"},"node_modules/@s/b":{"version":"1.0.0","dev":true},"node_modules/b/node_modules/c":{"name":"d","version":"2.0.0-rc.1"},"node_modules/l":{"link":true}}}"#,
    ),
    (
        "package-lock.json",
        r#"{"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","dependencies":{"b":{"version":"npm:c@2.0.0"}}},"f":{"version":"file:x"}}}"#,
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\npackages:\n  '@s/b@1.0.0(c@2)':\n    dev: true\n  /d/1.2.3_e@4:\n    name: f\n    version: 1.0.0\n",
    ),
    ("pnpm-lock.yaml", "lockfileVersion: 5.4\npackages:\n  /@s/b/1.0.0_c@2:\n    optional: true\n"),
    (
        "yarn.lock",
        "# yarn lockfile v1\n\n\"@s/b@^1.0.0\", \"@s/b@~1.0.1\":\n  version \"1.0.2\"\n\nalias@npm:real@^2:\n  version \"2.0.0\"\n",
    ),
    (
        "yarn.lock",
        "__metadata:\n  version: 6\n\n\"@s/b@npm:^1.0.0\":\n  version: 1.0.2\n  resolution: \"@s/b@npm:1.0.2::x=y\"\n",
    ),
    (
        "Cargo.lock",
        "version = 4\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"git+https://h#abc\"\n",
    ),
    (
        "go.mod",
        "module m\ngo 1.22\nrequire (\n\th.org/a v1.2.3 // indirect\n\th.org/b/v2 v2.0.0+incompatible\n)\nreplace h.org/a => ../a\nreplace h.org/b/v2 v2.0.0 => h.org/c v0.1.0\n",
    ),
    ("a-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: torch\nVersion: 1.0\n\nbody\n"),
    (
        "Dockerfile",
        "ARG V=1.0\nENV A=${V:-2} B c\nRUN pip install torch==$V -r 1.txt \\\n # c\n && conda install -c c numpy=1.2 && npm i @s/b@1.0.0\nRUN [\"pip\", \"install\", \"evil\"]\nRUN bash -c 'pip install \"evil==1\"'\nRUN <<EOF\npip install evil\nEOF\n\0x==1\n",
    ),
    (
        "bom.cdx.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"purl":"pkg:pypi/a"}},"components":[{"purl":"pkg:pypi/torch@1.0","components":[{"purl":"pkg:golang/h.org/b@v1.0.0"}]},{"purl":"pkg:npm/%40s/b@1.0.0"},{"purl":"no"}]}"#,
    ),
    (
        "bom.spdx",
        "SPDXVersion: SPDX-2.3\nPackageName: a\nPackageVersion: 1.0\nExternalRef: PACKAGE-MANAGER purl pkg:pypi/torch@1.0\n",
    ),
    (
        "bom.cdx.json",
        r#"{"spdxVersion":"SPDX-2.3","packages":[{"versionInfo":"1.0","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:maven/g/a@1"}]}]}"#,
    ),
    (
        "bom.cdx.json",
        r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"software_packageUrl":"pkg:pypi/torch","software_packageVersion":"1.0"},{"externalIdentifier":[{"externalIdentifierType":"packageUrl","identifier":"pkg:cargo/x@1.0.0"}]}]}"#,
    ),
    (
        "config.json",
        r#"{"transformers_version":"4.30.0","_diffusers_version":"0.1","__version__":{"pytorch":"1.0+cu","sentence_transformers":"2.0"},"learner":{},"version":[2,0,3]}"#,
    ),
    (
        "MLmodel",
        "flavors:\n  python_function:\n    python_version: 3.10\n  sklearn:\n    sklearn_version: 1.0\nmlflow_version: 2.0\n",
    ),
];
