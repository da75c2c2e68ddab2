# ConvIR-L (TPAMI 2024), trained at full, half and a quarter of the size: L1, and 0.1 times the L1
# of frequencies.
method = "ConvIR-L"
model = dict(
    type="MultiStageRestorer",
    network=dict(type="ConvIR", channels=32, num_blocks=16),
    stage_loss=dict(
        type="SumLoss",
        losses=dict(l1=dict(type="L1Loss"), fft=dict(type="FFTLoss", loss_weight=0.1)),
    ),
)
