//! The lines of Python that people try a GPU with, on practice machines: those of the book, and those that go round.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use lessons_engine::bundled;
use lessons_engine::facts::Facts;
use lessons_engine::practice::{PracticeMachine, Script, Session};
use lessons_engine::read::env;

fn at(name: &str) -> Session {
    let recording = bundled::recording(name).unwrap().unwrap();
    let machine = PracticeMachine::new(recording, 1_795_000_000);
    Session::new(machine, Box::new(Script::default()))
}

/// What a text prints on a machine with four RTX 4090 and torch 2.8.
fn says(text: &str) -> String {
    let mut session = at("ubuntu-4x4090");
    let played = session.run(&format!("python - <<'PY'\n{text}\nPY"));
    played.stdout() + &played.stderr()
}

/// Each line with what it prints.
#[test]
fn python_counts_and_shows_as_python_does() {
    // What stands on the right was printed by CPython 3.11.
    for (text, wanted) in [
        (
            "print(0.1 + 0.2, 1e20, 7 // 2, -7 // 2, -7 % 3, 2 ** 10, 10 / 4, 1e-7)",
            "0.30000000000000004 1e+20 3 -4 2 1024 2.5 1e-07\n",
        ),
        (
            "print(f'{1234567:,} {0.5:.1%} {3:03d} {\"a\":>4}|{\"b\":<3}|{2.5:8.3f}')",
            "1,234,567 50.0% 003    a|b  |   2.500\n",
        ),
        ("x = 3\nprint(f'{x=} {x!r} {{}} {x + 1}')", "x=3 3 {} 4\n"),
        (
            "print('%s: %5.2f %d%%' % ('a', 3.14159, 7))",
            "a:  3.14 7%\n",
        ),
        (
            "print([1, 'a', None, (2,), {'k': 1.0}], \"it's\", [\"it's\"])",
            "[1, 'a', None, (2,), {'k': 1.0}] it's [\"it's\"]\n",
        ),
        (
            "a = [1, 2]\nb = a\nb.append(3)\nprint(a, a[-1], a[1:], len(a), 2 in a, sum(a))",
            "[1, 2, 3] 3 [2, 3] 3 True 6\n",
        ),
        (
            "for i, c in enumerate('ab', 1):\n    print(i, c, end=';')\nprint()",
            "1 a;2 b;\n",
        ),
        (
            "def f(a, b=2):\n    if a > b:\n        return 'more'\n    return a * b\nprint(f(3), f(1), f(2, b=5))",
            "more 2 10\n",
        ),
        (
            "n = 0\nwhile True:\n    n += 1\n    if n % 2:\n        continue\n    if n > 5:\n        break\nprint(n)",
            "6\n",
        ),
        (
            "try:\n    1 / 0\nexcept (ValueError, ZeroDivisionError) as e:\n    print('no:', e)\nfinally:\n    print('end')",
            "no: division by zero\nend\n",
        ),
        (
            "print(1 < 2 < 3, not 1, 1 if 0 else 2, 'a' 'b', [i * i for i in range(5) if i % 2])",
            "True False 2 ab [1, 9]\n",
        ),
    ] {
        assert_eq!(says(text), wanted, "{text}");
    }
}

#[test]
fn tensors_are_shown_as_torch_shows_them() {
    // By the rules of `torch/_tensor_str.py`.
    for (text, wanted) in [
        (
            "print(torch.tensor([1, 2, 3]), torch.arange(5), torch.tensor(3.5))",
            "tensor([1, 2, 3]) tensor([0, 1, 2, 3, 4]) tensor(3.5000)\n",
        ),
        (
            "print(torch.zeros(2, 3))",
            "tensor([[0., 0., 0.],\n        [0., 0., 0.]])\n",
        ),
        (
            "print(torch.tensor([[1., 2.], [3., 4.5]]).sum(), torch.ones(3).mean())",
            "tensor(10.5000) tensor(1.)\n",
        ),
        (
            "print(torch.tensor([1., 1000000.]), torch.tensor([True, False]))",
            "tensor([1.0000e+00, 1.0000e+06]) tensor([ True, False])\n",
        ),
        (
            "x = torch.arange(6).reshape(2, 3)\nprint(x.shape, x.T.shape, x[1], x[1][2].item(), x.tolist())",
            "torch.Size([2, 3]) torch.Size([3, 2]) tensor([3, 4, 5]) 5 [[0, 1, 2], [3, 4, 5]]\n",
        ),
        (
            "x = torch.ones(2, 2, device='cuda')\nprint(x + 1, x.device, x.is_cuda, x.dtype)",
            "tensor([[2., 2.],\n        [2., 2.]], device='cuda:0') cuda:0 True torch.float32\n",
        ),
        (
            "print((torch.ones(2, 2) @ torch.ones(2, 2)).tolist(), torch.zeros(2).half())",
            "[[2.0, 2.0], [2.0, 2.0]] tensor([0., 0.], dtype=torch.float16)\n",
        ),
        (
            "print(torch.zeros(2, 2, 2))",
            "tensor([[[0., 0.],\n         [0., 0.]],\n\n        [[0., 0.],\n         [0., 0.]]])\n",
        ),
    ] {
        assert_eq!(says(&format!("import torch\n{text}")), wanted, "{text}");
    }
}

#[test]
fn the_lines_that_go_round_are_played() {
    let script = "import torch
print(f'PyTorch {torch.__version__}')
if torch.cuda.is_available():
    for i in range(torch.cuda.device_count()):
        p = torch.cuda.get_device_properties(i)
        print(f'GPU {i}: {p.name}, sm_{p.major}{p.minor}, {p.multi_processor_count}')
free, total = torch.cuda.mem_get_info()
print(free < total, torch.cuda.current_device(), torch.cuda.get_device_capability(0))
print(torch.backends.cudnn.version(), torch.cuda.nccl.version(), torch.version.cuda)
device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
print('Using device:', device, repr(device))
x = torch.rand(1000, 1000).to(device)
print(torch.cuda.memory_allocated())";
    let said = says(script);
    for line in [
        "PyTorch 2.8.0+cu126\n",
        "GPU 3: NVIDIA GeForce RTX 4090, sm_89, 128\n",
        "True 0 (8, 9)\n",
        "91002 (2, 27, 3) 12.6\n",
        "Using device: cuda device(type='cuda')\n",
        "\n4000256\n",
    ] {
        assert!(said.contains(line), "no {line:?} in\n{said}");
    }
}

#[test]
fn what_is_wrong_ends_as_in_python() {
    for (text, wanted) in [
        ("print(x)", "NameError: name 'x' is not defined"),
        ("for i in range(3) print(i)", "SyntaxError: expected ':'"),
        (
            "if True:\nprint(1)",
            "IndentationError: expected an indented block",
        ),
        (
            "print('a' + 1)",
            "TypeError: can only concatenate str (not \"int\") to str",
        ),
        (
            "import torch\ntorch.rand(2, 3) @ torch.rand(2, 3)",
            "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
        ),
        (
            "import torch\ntorch.ones(2, device='cuda') + torch.ones(2)",
            "Expected all tensors to be on the same device",
        ),
        (
            "import torch\ntorch.rand(200000, 200000, device='cuda')",
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 149.01 GiB.",
        ),
        (
            "import torch\ntorch.ones(1, device='cuda:9')",
            "CUDA error: invalid device ordinal",
        ),
        (
            "import torch\ntorch.nn.Linear(3, 3)",
            "torch.nn.Linear is not played here",
        ),
        ("class A:\n    pass", "`class` is not played here"),
        ("def f():\n    return f()\nf()", "RecursionError"),
        ("while True: pass", "practice: stopped"),
    ] {
        let said = says(text);
        assert!(said.contains(wanted), "{text}: no {wanted:?} in\n{said}");
    }
    let mut session = at("ubuntu-4x4090");
    let played = session.run("python");
    assert!(
        played
            .stderr()
            .contains("Python's own prompt is not played here")
    );
}

#[test]
fn a_file_has_its_name_in_the_traceback_and_its_arguments() {
    let mut session = at("ubuntu-4x4090");
    session.run("printf 'import sys\\nprint(sys.argv)\\nprint(nothing)\\n' > t.py");
    let played = session.run("python t.py a 1");
    assert_eq!(played.stdout(), "['t.py', 'a', '1']\n");
    assert!(
        played
            .stderr()
            .contains("t.py\", line 3, in <module>\n    print(nothing)\nNameError"),
        "{}",
        played.stderr()
    );
    assert_eq!(session.run("python -c 'import sys; sys.exit(3)'").exit, 3);
}

/// What `collect_env` prints is read back with the machine's facts.
#[test]
fn a_report_of_collect_env_is_read_back() {
    let mut seen = 0;
    for name in bundled::names() {
        let recording = bundled::recording(name).unwrap().unwrap();
        if recording.platform.os != "linux" {
            continue;
        }
        let mut session = at(name);
        let played = session.run("python -m torch.utils.collect_env");
        if played.exit != 0 {
            continue;
        }
        seen += 1;
        let read = env::read(&played.stdout()).unwrap();
        let machine = session.machine();
        let facts = Facts::new(&machine);
        let torch = facts.torch().as_ref().unwrap().clone().unwrap();
        let version = read.torch.unwrap().value;
        assert!(
            version.starts_with(&torch.version.to_string()),
            "{name}: {version}"
        );
        // The report asks nvidia-smi, which says nothing of any card where one fell off the bus.
        let smi = session.run("nvidia-smi --query-gpu=driver_version --format=csv,noheader");
        let gpus = read.gpus.map_or(0, |gpus| gpus.len());
        if smi.exit == 0 {
            let drivers = smi.stdout();
            assert_eq!(
                read.driver.map(|driver| driver.value).as_deref(),
                drivers.lines().next(),
                "{name}"
            );
            assert_eq!(gpus, drivers.lines().count(), "{name}");
        } else {
            assert_eq!(gpus, 0, "{name}");
        }
    }
    assert!(seen > 60, "{seen}");
}
