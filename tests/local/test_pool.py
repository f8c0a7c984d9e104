"""Models in memory: who stays, who goes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from seewhy.models.local.devices import Device, device_for
from seewhy.models.local.pool import ModelPool, bytes_of, is_out_of_memory
from seewhy.settings import LocalSettings

CPU, OTHER = Device("cpu", "float32"), Device("cpu:1", "float32")
PATIENCE = 30


class Model:
    """So many bytes of weights."""

    def __init__(self, name: str, size: int = 10) -> None:
        self.name, self.size = name, size

    def parameters(self) -> list[Model]:
        return [self]

    def buffers(self) -> list[Model]:
        return []

    def numel(self) -> int:
        return self.size

    def element_size(self) -> int:
        return 1


def _touch(pool: ModelPool, name: str, device: Device = CPU, size: int = 10) -> None:
    with pool.use(name, device, lambda: Model(name, size)) as model:
        assert model.name == name


def test_a_model_is_loaded_once() -> None:
    pool, made = ModelPool(), []

    def make() -> Model:
        made.append(1)
        return Model("a")

    with pool.use("a", CPU, make) as first, pool.use("a", CPU, make) as second:
        assert first is second
    with pool.use("a", CPU, make) as third:
        assert third is first
    assert len(made) == 1


def test_threads_that_come_together_load_it_once() -> None:
    pool, together, made = ModelPool(), threading.Barrier(4), []

    def make() -> Model:
        made.append(1)
        return Model("a")

    def use(_: int) -> Model:
        together.wait(PATIENCE)
        with pool.use("a", CPU, make) as model:
            return model

    with ThreadPoolExecutor(4) as threads:
        assert len({id(model) for model in threads.map(use, range(4))}) == 1
    assert len(made) == 1


def test_who_has_a_model_does_not_wait_while_another_is_loaded() -> None:
    pool, loading, done = ModelPool(), threading.Event(), threading.Event()

    def slow() -> Model:
        loading.set()
        assert done.wait(PATIENCE)
        return Model("slow")

    def load() -> None:
        with pool.use("slow", CPU, slow):
            pass

    with pool.use("quick", CPU, lambda: Model("quick")):
        thread = threading.Thread(target=load)
        thread.start()
        assert loading.wait(PATIENCE)
    with pool.use("quick", CPU, lambda: Model("quick")):  # given back and lent again meanwhile
        assert pool.loaded == ("quick",)
    done.set()
    thread.join(PATIENCE)
    assert set(pool.loaded) == {"quick", "slow"}


def test_the_longest_unused_goes_first() -> None:
    pool = ModelPool()
    for name in ("a", "b", "c", "a"):
        _touch(pool, name)
    assert pool.loaded == ("b", "c", "a")
    assert pool.release(1) == 1
    assert pool.loaded == ("c", "a")
    assert pool.release() == 2
    assert pool.loaded == ()


def test_what_is_in_use_stays() -> None:
    pool = ModelPool()
    _touch(pool, "idle")
    with pool.use("busy", CPU, lambda: Model("busy")):
        assert pool.release() == 1
        assert pool.loaded == ("busy",)
    assert pool.release() == 1


def test_a_model_under_use_survives_the_error_of_its_user() -> None:
    pool = ModelPool()
    with pytest.raises(ZeroDivisionError), pool.use("a", CPU, lambda: Model("a")):
        _ = 1 / 0
    assert pool.loaded == ("a",)
    assert pool.release() == 1, "nobody uses it any more"


def test_a_limit_counts_for_its_device() -> None:
    small = Device("cpu", "float32", limit=25)
    pool = ModelPool()
    _touch(pool, "elsewhere", OTHER)
    _touch(pool, "a", small)
    _touch(pool, "b", small)
    assert set(pool.loaded) == {"elsewhere", "a", "b"}
    _touch(pool, "c", small)
    assert pool.loaded == ("elsewhere", "b", "c")
    with pool.use("b", small, lambda: Model("b")):
        _touch(pool, "large", small, size=100)
        assert pool.loaded == ("elsewhere", "b", "large"), "who is in use stays, and who is too large gets in"


def test_room_is_made_where_the_next_does_not_fit() -> None:
    """As a device does: so many models fit on it."""
    pool, on_device = ModelPool(), 0

    class Placed(Model):
        def __init__(self, name: str) -> None:
            nonlocal on_device
            if on_device == 2:
                raise RuntimeError("CUDA out of memory. Tried to allocate 9 GiB")
            super().__init__(name)
            on_device += 1

        def __del__(self) -> None:
            nonlocal on_device
            on_device -= hasattr(self, "name")

    for name in ("a", "b", "c"):
        with pool.use(name, CPU, lambda name=name: Placed(name)) as model:  # type: ignore[misc]
            assert model.name == name
        del model
    assert pool.loaded == ("b", "c")
    with (
        pool.use("b", CPU, object),
        pool.use("c", CPU, object),
        pytest.raises(RuntimeError, match="9 GiB"),
        pool.use("d", CPU, lambda: Placed("d")),
    ):
        pytest.fail("there is room for two only")
    assert set(pool.loaded) == {"b", "c"}


def test_other_errors_while_loading_release_nothing() -> None:
    pool = ModelPool()
    _touch(pool, "a")

    def broken() -> Model:
        raise OSError("no such file")

    with pytest.raises(OSError, match="no such file"), pool.use("b", CPU, broken):
        pass
    assert pool.loaded == ("a",)


def test_one_model_can_be_dropped_unless_it_is_used() -> None:
    pool = ModelPool()
    _touch(pool, "a")
    _touch(pool, "b")
    assert pool.drop("a")
    assert not pool.drop("a"), "it is gone"
    with pool.use("b", CPU, lambda: Model("b")):
        assert not pool.drop("b")
    assert pool.loaded == ("b",)


def test_what_out_of_memory_looks_like() -> None:
    torch = pytest.importorskip("torch")
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 MiB"))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"))
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value), "of this machine, too"
    assert not is_out_of_memory(RuntimeError("shape mismatch"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_bytes_are_those_of_weights_and_buffers() -> None:
    torch = pytest.importorskip("torch")
    layer = torch.nn.BatchNorm1d(4)  # 2 x 4 weights, 2 x 4 buffers of 4 bytes, one counter of 8
    assert bytes_of(layer) == 16 * 4 + 8
    assert bytes_of((layer, layer, "a processor")) == 2 * (16 * 4 + 8)


def test_the_limit_is_the_setting() -> None:
    pytest.importorskip("torch")
    assert device_for(LocalSettings(device="cpu", memory=1.5)).limit == 1_500_000_000
    assert device_for(LocalSettings(device="cpu")).limit is None
