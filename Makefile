# Everything a reader types. Each target sets up what it needs by itself; the first time takes a minute or two.
.DEFAULT_GOAL := help
.PHONY: help run test setup bench bench-plot lock fuzz banking77 clean
SHELL := /bin/sh
BIN := .venv/bin
export RASA_TELEMETRY_ENABLED := false

help:            ## this list
	@sed -n 's/^\([a-z0-9%-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

run: setup       ## a Cardbot to talk to, against the sandbox, at a printed address
	@exec $(BIN)/python -m bot.launch

test: setup      ## ruff, mypy and every test (ARGS="-k balance" goes to pytest)
	@exec $(BIN)/python tests/run.py $(ARGS)

setup:           ## .venv from requirements.lock; does nothing when it is fresh
	@python=$$(sh deploy/setup/find-python) && exec "$$python" deploy/setup/environment.py

bench: setup     ## the benchmarks (ARGS go to them)
	@exec $(BIN)/python -m bench $(ARGS)

bench-plot: setup ## a picture of the benchmarks' results
	@exec $(BIN)/python -m bench.plot $(ARGS)

fuzz: setup      ## S=60: atheris on the bank's answers for so many seconds; without S the property tests for long before that
	@[ -n "$(S)" ] || HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -m hypothesis --timeout=3600 $(ARGS)
	@python=$$(sh deploy/setup/find-python) && "$$python" deploy/setup/environment.py --with fuzz
	@exec $(BIN)/python tests/wibmo/fuzz_response.py $(or $(S),60)

prove-%: setup   ## one of the long proofs in tests/proofs, by name (N=500 runs; ARGS go to it)
	@test -f tests/proofs/$(subst -,_,$*).py || { echo "no such proof; there are:"; \
	  ls tests/proofs | sed -n 's/^\([a-z].*\)\.py$$/  make prove-\1/p' | tr _ -; exit 2; }
	@PYTHONPATH=. exec $(BIN)/python tests/proofs/$(subst -,_,$*).py $(N) $(ARGS)

banking77: setup ## how well the classifier does on BANKING77 (TRAIN=… TEST=…, its two CSV files)
	@exec $(BIN)/python -m bench.banking77 $(TRAIN) $(TEST)

lock:            ## requirements.lock anew from requirements.in, and that of the fuzzer
	@python=$$(sh deploy/setup/find-python) && exec "$$python" deploy/setup/lock.py

clean:           ## remove what was built and the run state (databases, models, generated secrets)
	rm -rf .venv build dist var *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
