"""JPQD: joint pruning, quantization and distillation of a BERT for extractive question answering.

Sources: Lagunas et al. 2021, "Block Pruning For Faster Transformers"; Sanh et al. 2020, "Movement
Pruning"; Hinton et al. 2015, "Distilling the Knowledge in a Neural Network". Needs the dependency
group ``train``; nothing else in the project does.
"""
