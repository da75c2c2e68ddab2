import numpy as np
import torch

from restorekit.io.tensors import to_batch, to_hwc


def test_every_pixel_arrives_where_it_belongs():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    for view in (image, image[::-1, 1:], np.rot90(image)):
        batch = to_batch(view)
        assert batch.dtype == torch.float32
        assert batch.shape == (1, 3, *view.shape[:2])
        for row, column, channel in np.ndindex(view.shape):
            expected = np.float32(view[row, column, channel]) / np.float32(255)
            assert batch[0, channel, row, column].item() == expected
        back = to_hwc(batch[0].double().requires_grad_())
        assert back.flags.c_contiguous
        assert back.dtype == np.float32
        np.testing.assert_array_equal(np.rint(back * 255), view)
