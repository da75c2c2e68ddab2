# BioIR as released for deraining (NeurIPS 2025): L1, and 0.1 times L1 of the frequencies.
model = dict(
    type="Restorer",
    network=dict(type="BioIR", channels=48, num_blocks=(3, 3, 6)),
    loss=dict(
        type="SumLoss",
        losses=dict(l1=dict(type="L1Loss"), fft=dict(type="FFTLoss", loss_weight=0.1)),
    ),
)
