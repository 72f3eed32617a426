# VARS is handed to dbt: make build VARS='{raw: {company_x: exports/}}'

.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# Spark runs on it, and is left out of a check without it
JAVA := $(shell command -v java)
# What is typed reaches the recipes as it is, through the environment: an apostrophe would
# end a text in quotes, and make takes $HOME in $(ID) for its own variable H.
TYPED := VARS ID DATA PROPERTY MODEL TO FROM CHARTS SELLER SCOPES TOKEN TIME_ZONE \
	CURRENCY DATES BOOKED ENCODING SEPARATOR SCHEMA
$(foreach name,$(TYPED),$(if $(value $(name)),\
	$(eval override $(name) := $$(value $(name)))$(eval export $(name))))
# only what builds is compiled at once: most of the rest is never imported, and pip would
# take twice as long
PIP := -m pip install --quiet --disable-pip-version-check --require-hashes
RUN_VARS := $(if $(VARS),--vars "$$VARS")

.PHONY: help setup build test check lint lint-sql-odd lint-sql-even metrics test-spark spark parquet docs answers report dashboard api token tokens revoke diagram explain inspect sample bench bench-attribution bench-customers bench-api mutate nightly clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

setup: .venv/build.done | .duckdb ## Make .venv and install what a build needs

build: setup ## Build and test the marts, publish tributary.duckdb, say what is in it
	@$(BIN)/python scripts/build.py $(RUN_VARS) $(if $(FULL),--full-refresh)

test: .venv/dev.done ## Run the tests: dbt's on the sample, then those of the Python code
	@$(BIN)/pytest -m 'not slow and not nightly'

# what Spark needs is fetched beside the test tools, and what is parsed for the metrics is
# what SQL is looked at with
check: ## All that CI runs: lint, and the tests with the slower ones
	@$(MAKE) --no-print-directory --jobs 2 .venv/dev.done \
		$(if $(JAVA),.venv-spark/build.done)
	@TRIBUTARY_DB=:memory: $(MAKE) --no-print-directory metrics
	@$(MAKE) --no-print-directory lint
	@$(if $(JAVA),:,echo "Without Java 17 nothing is built on Spark: its tests are skipped.")
	@$(BIN)/pytest

test-spark: .venv/dev.done .venv-spark/build.done ## Build the core on Spark and compare it with DuckDB's; needs Java 17
	@$(BIN)/pytest --numprocesses 0 tests/python/test_spark.py

spark: .venv-spark/build.done ## Build the core on Spark, into target/spark; needs Java 17
	@.venv-spark/bin/dbt build --target spark $(RUN_VARS)

parquet: setup ## Write raw tables as Parquet for Spark: make parquet TO=folder/ VARS=…
	@$(BIN)/python scripts/raw_parquet.py $(RUN_VARS) -- "$$TO"

lint: .venv/dev.done ## Check the style of SQL, YAML and Python
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint -s .
	@$(MAKE) --no-print-directory --jobs 2 lint-sql-odd lint-sql-even

# every other file each, and no database that one would lock: SQLFluff's own two processes
# take twice as long
lint-sql-odd: LINES := p;n
lint-sql-even: LINES := n;p
lint-sql-odd lint-sql-even: .venv/dev.done
	find models tests analyses -name '*.sql' | sort | sed -n '$(LINES)' \
		| TRIBUTARY_DB=:memory: xargs $(BIN)/sqlfluff lint

metrics: .venv/dev.done ## Check the definitions of the metrics; mf query asks them
	@$(BIN)/dbt --quiet parse $(RUN_VARS)
	@$(BIN)/python scripts/mf.py validate-configs --skip-dw

docs: setup ## Write the docs site: target/static_index.html
	@$(BIN)/python scripts/docs_site.py $(RUN_VARS)

answers: setup ## Answer each question in analyses/ from the published marts, as CSV
	@$(BIN)/python scripts/answers.py $(RUN_VARS)

report: .venv/serving.done ## Write target/report.html: make report PROPERTY=company_x FROM=2021-07-01
	@$(BIN)/python -m serving.report $(if $(PROPERTY),--property "$$PROPERTY") \
		$(if $(FROM),--from "$$FROM") $(if $(TO),--to "$$TO") \
		$(if $(CHARTS),--charts "$$CHARTS")

dashboard: .venv/serving.done ## Serve the dashboard on this machine: make dashboard PORT=8501
	@$(BIN)/python -m serving.dashboard $(if $(PORT),--port '$(PORT)')

api: .venv/serving.done ## Serve metrics, marts and the inventory: make api PORT=8000
	@$(BIN)/python -m serving.api $(if $(PORT),--port '$(PORT)')

token: .venv/serving.done ## Let a seller in: make token SELLER=s01 SCOPES='read lots' DAYS=90
	@$(BIN)/python -m serving.api.tokens make \
		$(if $(SCOPES),--scopes "$$SCOPES") $(if $(DAYS),--days '$(DAYS)') -- "$$SELLER"

tokens: .venv/serving.done ## List who is let in
	@$(BIN)/python -m serving.api.tokens list

revoke: .venv/serving.done ## Let a token in no more: make revoke TOKEN=0123456789ab
	@$(BIN)/python -m serving.api.tokens revoke -- "$$TOKEN"

diagram: setup ## Draw the references between marts: docs/relational_model.md
	@$(BIN)/dbt --quiet parse
	@$(BIN)/python scripts/diagram.py

inspect: setup ## Look at a shop's data, propose how to read it: make inspect DATA=exports/
	@$(BIN)/python scripts/inspect_data.py $(if $(PROPERTY),--property "$$PROPERTY") \
		$(if $(WRITE),--write) $(if $(TIME_ZONE),--time-zone "$$TIME_ZONE") \
		$(if $(CURRENCY),--currency "$$CURRENCY") $(if $(DATES),--dates "$$DATES") \
		$(if $(BOOKED),--booked "$$BOOKED") $(if $(ENCODING),--encoding "$$ENCODING") \
		$(if $(SEPARATOR),--separator "$$SEPARATOR") \
		$(if $(SCHEMA),--schema "$$SCHEMA") -- "$$DATA"

explain: setup ## Show one conversion from raw rows to cents: make explain ID=conv_id_123
	@$(BIN)/python scripts/explain.py $(if $(PROPERTY),--property "$$PROPERTY") \
		$(if $(MODEL),--model "$$MODEL") $(RUN_VARS) -- "$$ID"

sample: setup ## Generate the sample anew, with its planted defects
	@$(BIN)/python scripts/generate_sample.py

bench: setup $(if $(SESSIONS),.venv-benchmarks/build.done) ## Build Company X at its real size, or any: make bench SESSIONS=10000000
	@$(BIN)/python benchmarks/$(if $(SESSIONS),scale.py --sessions $(SESSIONS) $(OPTIONS),full_size.py)

bench-attribution: setup .venv-benchmarks/build.done ## Measure attribution at 10 million sessions, and its peers
	@$(BIN)/python benchmarks/attribution.py
	@$(BIN)/python benchmarks/attribution.py --peers

bench-customers: setup ## Measure the customer marts at 10 million sessions
	@$(BIN)/python benchmarks/customers.py

bench-api: .venv/serving.done ## Measure the API: 500 reads and 100 writes a second
	@$(BIN)/python benchmarks/api.py

mutate: .venv/dev.done ## Put faults into the SQL, tell which no test finds: make mutate OF=rpt_ltv
	@$(BIN)/python scripts/mutate.py $(if $(OF),--of $(OF)) $(if $(SHARE),--share $(SHARE))

nightly: check bench mutate ## The checks, and what takes longer
	$(BIN)/pytest -m nightly

clean: ## Remove whatever make has written
	rm -rf .venv .venv-benchmarks .venv-spark .duckdb target logs answers tributary.duckdb .pytest_cache .ruff_cache

.venv/build.done: requirements.txt scripts/set_up.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	"Tributary needs Python 3.11 or newer; name one with make PYTHON=python3.12")'
	@echo "Setting up .venv (once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python $(PIP) -r requirements.txt
	@$(BIN)/python scripts/set_up.py
	@touch $@

# the scanners, where somebody has removed them alone
.duckdb: | .venv/build.done
	@$(BIN)/python scripts/set_up.py

.venv/serving.done: .venv/build.done requirements-serving.txt
	@echo "Setting up what serves the marts (once)"
	@$(BIN)/python $(PIP) --no-compile -r requirements.txt -r requirements-serving.txt
	@touch $@

.venv/dev.done: .venv/serving.done requirements-dev.txt
	@echo "Setting up the test tools (once)"
	@$(BIN)/python $(PIP) --no-compile -r requirements.txt -r requirements-serving.txt \
		-r requirements-dev.txt
	@touch $@

.venv-spark/build.done: requirements-spark.txt
	@echo "Setting up dbt for Spark (once)"
	@$(PYTHON) -m venv .venv-spark
	@.venv-spark/bin/python $(PIP) --no-compile -r requirements-spark.txt
	@touch $@

.venv-benchmarks/build.done: requirements-benchmarks.txt | .venv/build.done
	@echo "Setting up the libraries to compare with (once; one is compiled)"
	@$(PYTHON) -m venv .venv-benchmarks
	@.venv-benchmarks/bin/python $(PIP) --no-compile -r requirements-benchmarks.txt
	@touch $@
