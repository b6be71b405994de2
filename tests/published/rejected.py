"""The published results that the rules reject, and the sentence behind each rejection."""

EMPTY = (
    "submission_rules.adoc, mandatory files: 'READMEs to enable users to replicate performance"
    " results'; of no bytes, and the submitter's other READMEs are not in these archives"
)
COMMIT = (
    "submission_rules.adoc, truncation: accuracy.txt has the SHA-256 of the log; here it has the"
    " commit of LoadGen"
)
OF_ITS_OWN = (
    "inference_rules.adoc, General rules: 'One LoadGen validation run is required for each"
    " submitted performance result'; the log in Offline's accuracy/ is of PerformanceOnly"
)
ONE_RUN = (
    "inference_rules.adoc, General rules: 'One LoadGen validation run is required for each"
    " submitted performance result'"
)
OTHERWISE_IDENTICAL = (
    "inference_rules.adoc, General rules: an accuracy run is 'otherwise identical to the above"
    " normal metric run', and has the seeds of the round"
)
PRODUCED = (
    "submission_rules.adoc, Logging requirements: 'the results logs must have been produced by the"
    " standard load generator'; LoadGen's own summary says min_duration 0"
)
LISTED = "submission_rules.adoc, directory structure: the files of a run, and metadata.json is none"
REPLICATE = (
    "submission_rules.adoc, mandatory files: 'READMEs to enable users to replicate performance"
    " results'; the submitter's other READMEs are not in these archives"
)
DIGEST = "submission_rules.adoc, truncation: the digest in accuracy.txt is that of the log"
SHOWN = (
    "the pictures and videos are not in the published tree; the official checker refuses it, too"
)
WHOLE_SET = (
    "inference_rules.adoc, General rules: the accuracy run is of the whole validation set; the"
    " score is of 962 of its 50,000 images"
)
MISSING = "submission_rules.adoc, mandatory files: 'mlperf_log_detail.txt'; refused officially, too"
# Benchmark folders of which the rules reject results, by tree: the rules, and the sentence behind
# them
REJECTED = {
    "v3.0": {
        "closed/SiMa/results/davinci_dualm2/resnet50": ("ACC013 MEA003", f"{COMMIT}; {EMPTY}"),
        "open/Alibaba/results/ACS_SINIAN_RKNN_EDGE/resnet50": ("MEA003", EMPTY),
        "open/Krai/results/chai/bert-99_bert_large_huggingface_bast": ("PRF004", OF_ITS_OWN),
        "open/Moffett/results/Moffett_S10_Inspur/bert-99.9": ("MEA003", EMPTY),
        "open/Moffett/results/Moffett_S30_Inspur/bert-99.9": ("MEA003", EMPTY),
        "open/Moffett/results/Moffett_S40_Inspur/bert-99.9": ("MEA003", EMPTY),
    },
    "rounds/v2.0": {
        "open/Deci/results/aws-c6i.16xlarge-openvino/resnet50": ("PRF005", ONE_RUN),
        "open/Deci/results/aws-c6i.2xlarge-openvino/resnet50": ("PRF005", ONE_RUN),
        "open/Deci/results/aws-m5zn.6xlarge-openvino/resnet50": ("PRF005", ONE_RUN),
        "open/Intel/results/1-node-2s-icx-openvino-INT8/resnet50_bootstrapnasA": (
            "LOG002 MEA003",
            f"{MISSING}; {REPLICATE}",
        ),
        "open/Intel/results/1-node-2s-icx-openvino-INT8/resnet50_bootstrapnasB": (
            "MEA003",
            REPLICATE,
        ),
        "open/Intel/results/1-node-2s-icx-openvino-INT8/resnet50_bootstrapnasC": (
            "MEA003",
            REPLICATE,
        ),
    },
    "rounds/v2.1": {
        "open/NeuralMagic/results/nm80ci_icx_deepsparse/bert-99_obert-large": ("MEA003", REPLICATE),
        "open/NeuralMagic/results/nm80ci_icx_deepsparse/bert-99_obert-mobilebert": (
            "MEA003",
            REPLICATE,
        ),
        "open/NeuralMagic/results/nm80ci_icx_deepsparse/bert-99_prune-ofa-large": (
            "MEA003",
            REPLICATE,
        ),
    },
    "rounds/v3.0": {
        "closed/Qualcomm/results/gloria_highend-qaic-v1.8.3.7-aic100/resnet50": (
            "PRF007",
            OTHERWISE_IDENTICAL,
        ),
    },
    "rounds/v4.1": {
        "closed/AMD/results/1xMI300X_2xEPYC-9374F/llama2-70b-99.9": ("PRF004 PRF005", ONE_RUN),
        "closed/AMD/results/1xMI300X_2xEPYC-9374F/llama2-70b-99": ("PRF004 PRF005", ONE_RUN),
    },
    "rounds/v5.1": {
        "closed/The_Stage/results/h100_x8/stable-diffusion-xl": ("CMP023", SHOWN),
        "closed/University-of-Florida/results/B200-SXM-180GBx1_TRT/stable-diffusion-xl": (
            "CMP023",
            SHOWN,
        ),
        "closed/University-of-Florida/results/B200-SXM-180GBx8_TRT/stable-diffusion-xl": (
            "CMP023",
            SHOWN,
        ),
        "open/Lenovo/results/se100_ultra7_255h/resnet50": ("ACC028", WHOLE_SET),
    },
    "rounds/v6.0": {
        "closed/Krai/results/h200_n1-kissv/wan-2.2-t2v-a14b": ("CMP023", SHOWN),
        "closed/RedHat/results/2xL40S_RHEL9/whisper": ("ACC015", DIGEST),
        "open/Inventec/results/P9000AG7_B200-SXM-180GBx8_TRT/llama2-70b-99": ("PRF001", LISTED),
        "open/Inventec/results/P9000AG7_B200-SXM-180GBx8_TRT/llama3.1-405b": ("PRF001", LISTED),
        "open/Inventec/results/P9000AG7_B200-SXM-180GBx8_TRT/llama3.1-8b": ("PRF001", LISTED),
        "open/NVIDIA/results/Jetson-Thor/llama3.1-8b-edge": ("LOG013 LOG022", PRODUCED),
    },
}
