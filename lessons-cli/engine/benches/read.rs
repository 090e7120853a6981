//! How fast nvidia-smi's tables are read: `cargo bench -p lessons-engine --bench read`, in MB/s on one core.

use std::fmt::Write as _;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use lessons_engine::read::{said, smi};

fn main() {
    divan::main();
}

/// A table of so many GPUs, each with two processes.
fn table(gpus: usize) -> String {
    let mut text = String::from(
        "\
Wed Jan 14 02:22:46 2026
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |
+-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
",
    );
    for gpu in 0..gpus {
        let _ = write!(
            text,
            "\
|{gpu:>4}  NVIDIA RTX A6000               On  |   00000000:{gpu:02X}:00.0 Off |                    0 |
| 30%   31C    P8             20W /  300W |       1MiB /  49140MiB |      0%      Default |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+
"
        );
    }
    text.push_str(
        "
+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
",
    );
    for gpu in 0..gpus {
        for pid in [1234, 567_890] {
            let _ = writeln!(
                text,
                "|{gpu:>5}   N/A  N/A{pid:>18}      C   /usr/bin/python3                           512MiB |"
            );
        }
    }
    text.push_str(
        "+-----------------------------------------------------------------------------------------+\n",
    );
    text
}

/// Many tables one after the other, as a log of `nvidia-smi -l` has them.
fn log(gpus: usize) -> String {
    table(gpus).repeat((1 << 20) / table(gpus).len())
}

#[divan::bench(args = [1, 4, 8, 16])]
fn one_table(bencher: Bencher<'_, '_>, gpus: usize) {
    let text = table(gpus);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| smi::read(black_box(&text)));
}

#[divan::bench(args = [1, 8])]
fn a_log_of_tables(bencher: Bencher<'_, '_>, gpus: usize) {
    let text = log(gpus);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| smi::read_all(black_box(&text)));
}

#[divan::bench]
fn recognised_and_read(bencher: Bencher<'_, '_>) {
    let text = table(8);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| said::read(black_box(&text), None));
}
