# NAFNet of width 32 as released for deblurring (ECCV 2022), trained by PSNR.
model = dict(
    type="Restorer",
    network=dict(
        type="NAFNet",
        channels=32,
        encoder_blocks=(1, 1, 1, 28),
        middle_blocks=1,
        decoder_blocks=(1, 1, 1, 1),
    ),
    loss=dict(type="PSNRLoss"),
)
