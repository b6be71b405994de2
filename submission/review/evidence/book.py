"""The list of evidence, in the order in which ``verify`` walks it, and what no file can show."""

from __future__ import annotations

from submission.review.evidence import digests, files, image, rendered, runs, system, texts
from submission.review.evidence.model import Evidence, Needs, Unseen
from submission.tree.grammar import SUMS_FILE

BOOK: tuple[Evidence, ...] = (
    Evidence(
        kind="sums",
        statement="files of the tree",
        against=SUMS_FILE,
        compare=files.sums,
    ),
    Evidence(
        kind="model",
        statement="parts of models",
        against="their manifests",
        compare=files.parts,
    ),
    Evidence(
        kind="own model",
        statement="benchmarks with results",
        against="the model in their code folder",
        compare=files.own_model,
    ),
    Evidence(
        kind="manifest",
        statement="manifests beside models",
        against="those among the kit's sources",
        compare=files.manifests,
        none=files.no_other_manifest,
    ),
    Evidence(
        kind="sparsity",
        statement="structured sparsity in manifests",
        against="a count of the IR's linear layers",
        compare=files.sparsity,
        none=files.no_sparsity,
    ),
    Evidence(
        kind="runs",
        statement="run metadata",
        against="the folders it lies in",
        compare=runs.readable,
    ),
    Evidence(
        kind="metadata",
        statement="model digests in run metadata",
        against="the models of the tree",
        compare=runs.models,
    ),
    Evidence(
        kind="log",
        statement="validity, results, settings, errors, counts and version in run metadata",
        against="LoadGen's detail logs",
        compare=runs.logs,
    ),
    Evidence(
        kind="digests",
        statement="logs, latencies, configuration and hashes of whole accuracy logs",
        against="the digests that the harness took of them and of its inputs",
        compare=digests.digests,
        none=digests.no_digests,
    ),
    Evidence(
        kind="times",
        statement="times in run metadata",
        against="each other and the logs' date and duration",
        compare=runs.times,
    ),
    Evidence(
        kind="data",
        statement="data digests in run metadata",
        against="the manifest of the data set",
        compare=runs.data,
    ),
    Evidence(
        kind="machine",
        statement="host facts in run metadata",
        against="what the harness saw",
        compare=runs.machines,
    ),
    Evidence(
        kind="latencies",
        statement="latencies of Server runs",
        against="counts, percentiles and rate of the log",
        compare=runs.latencies,
        none=runs.no_server,
    ),
    Evidence(
        kind="answers",
        statement="answers that the accuracy logs show",
        against="the samples of the data set and their lengths",
        compare=runs.answers,
    ),
    Evidence(
        kind="system",
        statement="fields of system descriptions",
        against="host facts and versions in run metadata",
        compare=system.description,
    ),
    Evidence(
        kind="settings",
        statement="user.conf and mlperf.conf",
        against="the settings in the log",
        compare=texts.settings,
    ),
    Evidence(
        kind="description",
        statement="data types, retraining and starting weights in measurement files",
        against="the models' manifests",
        compare=texts.measurement_files,
    ),
    Evidence(
        kind="mapping",
        statement="the mapping of models to benchmarks (model_mapping.json)",
        against="the models' manifests",
        compare=texts.mapping,
        none=texts.no_mapping,
    ),
    Evidence(
        kind="identity",
        statement="image ids and digests in READMEs",
        against="run metadata",
        compare=texts.identities,
    ),
    Evidence(
        kind="readme",
        statement="rows, times, settings and outputs of the measurements' READMEs",
        against="run metadata, logs and accuracy.txt",
        compare=texts.measurement_readmes,
    ),
    Evidence(
        kind="tables",
        statement="result tables and outputs of the other READMEs",
        against="logs, accuracy.txt, manifests and data",
        compare=texts.result_tables,
    ),
    Evidence(
        kind="texts",
        statement="every word of every README, but notes of a person at its end",
        against="the same text, rendered from the tree's data by the kit that runs here",
        compare=rendered.texts,
        none=rendered.other_kit,
    ),
    Evidence(
        kind="kit",
        statement="submitters with results",
        against="the kit's sources among their code",
        compare=image.carried,
    ),
    Evidence(
        kind="sources",
        statement="sources of the kit in the tree",
        against="those of the image",
        compare=image.sources,
        needs=Needs.IMAGE,
    ),
    Evidence(
        kind="versions",
        statement="kit, versions and fingerprint in run metadata",
        against="the image",
        compare=image.versions,
        needs=Needs.IMAGE,
    ),
    Evidence(
        kind="packages",
        statement="versions in run metadata",
        against="the tree's list of packages (SBOM)",
        compare=image.bill_versions,
        none=image.no_bill,
    ),
    Evidence(
        kind="sbom",
        statement="the tree's list of packages (SBOM)",
        against="the packages of the image (Debian's by name: a later build has their updates)",
        compare=image.bill,
        needs=Needs.IMAGE,
        none=image.earlier_image,
    ),
    Evidence(
        kind="set-up",
        statement="Makefile, tools and requirements among the kit's sources",
        against="their digests in the image",
        compare=image.set_up,
        needs=Needs.IMAGE,
        none=image.earlier_image,
    ),
    Evidence(
        kind="profiles",
        statement="waivers, data set and standing of profiles, in sources, READMEs and metadata",
        against="the image's profiles",
        compare=image.profiles,
        needs=Needs.IMAGE,
        none=image.earlier_image,
    ),
    Evidence(
        kind="named",
        statement="digests of data and models that ran",
        against="the image's manifests of their names",
        compare=image.manifests,
        needs=Needs.IMAGE,
        none=image.earlier_image,
    ),
    Evidence(
        kind="judging",
        statement="the code that runs in the image, this verify too",
        against="its digest when the image was built",
        compare=image.judging,
        needs=Needs.IMAGE,
        none=image.earlier_image,
    ),
)

UNSEEN: tuple[Unseen, ...] = (
    Unseen(
        what="run, invented as a whole (logs, metadata and latencies agree)",
        why="who writes every file of a tree can make them agree",
        helps="reproduce: rates and answers measured again; signatures say who vouches for it",
    ),
    Unseen(
        what="machine, invented in description and metadata alike",
        why="both come from the submitter; nothing in a file is bound to hardware",
        helps="reproduce on such a machine: rates of another one differ",
    ),
    Unseen(
        what="frequency, cache, storage, network, cooling or hw_notes of a system",
        why="run metadata records what decides the speed of a run, not these",
        helps="the submitter, asked by a reviewer",
    ),
    Unseen(
        what="history of a model (base, training data, steps, calibration text)",
        why="weights do not show how they came about",
        helps="training again by the recipe in the tree",
    ),
    Unseen(
        what="middle of an accuracy log that nobody has",
        why="a tree holds its beginning, its end and its hash",
        helps="score with the whole log; reproduce without --quick",
    ),
    Unseen(
        what="date of every log and metadata file, moved alike",
        why="clocks are the submitter's",
        helps="a signature with a time, the commit of the submission",
    ),
    Unseen(
        what="best of many runs",
        why="a tree holds the runs that were chosen",
        helps="reproduce with --repeat: the spread shows what chance gives",
    ),
    Unseen(
        what="image with another verify in it",
        why="what judges cannot vouch for itself",
        helps="an image built by the reviewer from sources that come from elsewhere",
    ),
    Unseen(
        what="prose (what a README says beside its tables, outputs and digests)",
        why="it is text",
        helps="reading it",
    ),
)
