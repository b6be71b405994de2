"""Where the files lie that the breaks of runs and logs edit, in the good trees."""

R = "open/Kit/results/node/sparse-bert"
OFFLINE, SERVER = f"{R}/Offline/performance/run_1", f"{R}/Server/performance/run_1"
ACCURACY = f"{R}/Offline/accuracy"
D, S = "mlperf_log_detail.txt", "mlperf_log_summary.txt"
DETAIL, SUMMARY = f"{OFFLINE}/{D}", f"{OFFLINE}/{S}"
BOARD = "closed/Kit/results/board/resnet50"
SINGLE, MULTI = f"{BOARD}/SingleStream/performance/run_1", f"{BOARD}/MultiStream/performance/run_1"
CLOSED = "closed/Kit/results/node/bert-99/Server/performance/run_1"
NETWORK = "network/Kit/results/node/bert-99/server/performance/run_1"
BROKEN = ':::MLLOG {"key": "generic_message", "value": '
