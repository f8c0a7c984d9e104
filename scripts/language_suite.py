"""Asks a real server what the tests ask of every language model, through the same client.

The server is the one of the settings, whatever speaks OpenAI's chat completions::

    SEEWHY_ENDPOINT=http://localhost:11434/v1 SEEWHY_MODEL=qwen3:8b python scripts/language_suite.py

It prints what `seewhy doctor` finds out about the endpoint, then runs tests/models/test_language_model_contract.py
against it: values that fit their schemas, many threads, order, counting, giving up. About 40 short requests are sent.
Other settings count, too: SEEWHY_CALLS_TIMEOUT=600 for a slow machine, SEEWHY_CALLS_STREAM=true, SEEWHY_API_KEY.
The exit code says whether all went well.

vLLM on a machine without GPU, with nothing to download: a tiny model with random weights, the one of the tests. It
writes nonsense; decoded under a schema, it fits::

    python scripts/language_suite.py --make-model /tmp/tiny
    pip install vllm                      # its CPU build, in an environment of its own
    VLLM_CPU_KVCACHE_SPACE=1 vllm serve /tmp/tiny --served-model-name tiny --dtype float32 --max-model-len 4096
    SEEWHY_ENDPOINT=http://localhost:8000/v1 SEEWHY_MODEL=tiny SEEWHY_DESCRIBE_ON=false \\
        SEEWHY_CALLS_MAX_OUTPUT_TOKENS=2000 python scripts/language_suite.py

The server of the tests itself, to see that this script works::

    python scripts/language_suite.py --serve
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "models"
SUITE = TESTS / "test_language_model_contract.py"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--make-model", type=Path, metavar="DIR", help="save the tiny random model, and do nothing else"
    )
    parser.add_argument("--serve", action="store_true", help="ask the server of the tests, started for it")
    arguments = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    if arguments.make_model:
        from random_model import save

        save(arguments.make_model)
        print(f"saved to {arguments.make_model}")
        return 0
    if not arguments.serve:
        return ask(dict(os.environ))
    from language_server import ControlledServer

    server = ControlledServer()
    assert server.model
    try:
        return ask({**os.environ, "SEEWHY_ENDPOINT": server.url, "SEEWHY_MODEL": "tiny"})
    finally:
        server.stop()


def ask(environment: dict[str, str]) -> int:
    """The exit code: 0 if the server is reached and passes the suite."""
    from seewhy.models.reach import describe_endpoint
    from seewhy.settings import Settings

    settings = Settings.load(environment=environment)
    if not settings.endpoint:
        print("name a server: set SEEWHY_ENDPOINT and SEEWHY_MODEL", file=sys.stderr)
        return 2
    findings = describe_endpoint(settings)
    for finding in findings:
        print(f"{'ok  ' if finding.ok else 'FAIL'} {finding.name}: {finding.text}", flush=True)
    if not findings[0].ok:
        return 1
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", str(SUITE)]
    return subprocess.run(command, cwd=ROOT, env={**environment, "LIVE_LANGUAGE_MODEL": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
