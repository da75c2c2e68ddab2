"""Sizes that make networks quick and leave their structure, for the suites over all of them."""

SMALL_NETWORKS = {
    "BioIR": {"channels": 4, "num_blocks": (1, 1, 1), "num_refinement_blocks": 1},
    "ConvIR": {"channels": 8, "num_blocks": 2},
    "DRSformer": {"channels": 4, "num_blocks": (1, 1, 1), "num_heads": (1, 2, 2)},
    "FADformer": {"channels": 8, "num_blocks": (1, 1, 2, 1, 1)},
    "HCTFFN": {"channels": 4, "num_blocks": 1, "num_heads": 2},
    "IDT": {
        "channels": 4,
        "num_blocks": (2, 1, 1, 1, 1, 1, 1, 1, 1),
        "num_heads": (1, 2, 2, 2, 2, 2, 2, 2, 1),
        "window_size": 2,
    },
    "MPRNet": {
        "channels": 8,
        "level_channels": 4,
        "final_channels": 4,
        "num_blocks": 1,
        "reduction": 1,
    },
    "NAFNet": {"channels": 4, "encoder_blocks": (1, 2), "decoder_blocks": (1, 1)},
    "NeRDRain": {
        "channels": 4,
        "num_blocks": (1, 1, 1),
        "num_heads": (1, 2, 2),
        "implicit_channels": 8,
    },
    "SFHformer": {"channels": 8, "num_blocks": (1, 1, 2, 1, 1)},
    "SFNet": {"channels": 16, "num_blocks": 2},
    "Uformer": {
        "channels": 4,
        "num_blocks": (1, 2, 1, 1, 2, 1, 1, 2, 1),
        "num_heads": (1, 2, 2, 2, 2, 2, 2, 2, 1),
        "window_size": 2,
    },
    "RCDNet": {"num_stages": 3, "num_maps": 4, "num_duals": 3},
    "SPDNet": {"channels": 8, "num_blocks": 1},
    "Restormer": {"channels": 4, "num_blocks": (1, 1, 1), "num_heads": (1, 2, 2)},
}
