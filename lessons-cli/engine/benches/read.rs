//! How fast nvidia-smi's tables and index pages are read: `cargo bench -p lessons-engine --bench read`, in MB/s on one core.

use std::fmt::Write as _;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use lessons_engine::read::{index, said, smi};

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

/// An index page of so many bytes: every link as PyTorch's own index writes it.
fn index_page(bytes: usize) -> String {
    let mut page =
        String::from("<!DOCTYPE html>\n<html>\n  <body>\n    <h1>Links for torch</h1>\n");
    let mut number = 0;
    while page.len() < bytes {
        let (minor, patch, python) = (number % 40, number / 40 % 10, 8 + number / 400 % 8);
        let _ = writeln!(
            page,
            "    <a href=\"/whl/cu126/torch-2.{minor}.{patch}%2Bcu126-cp3{python}-cp3{python}-manylinux_2_28_x86_64.whl#sha256={number:064x}\" data-requires-python=\"&gt;=3.{python}\" data-dist-info-metadata=\"sha256={number:064x}\" data-core-metadata=\"sha256={number:064x}\">torch-2.{minor}.{patch}+cu126-cp3{python}-cp3{python}-manylinux_2_28_x86_64.whl</a><br/>",
        );
        number += 1;
    }
    page.push_str("  </body>\n</html>\n");
    page
}

#[divan::bench]
fn an_index_of_10_mb(bencher: Bencher<'_, '_>) {
    let page = index_page(10_000_000);
    bencher
        .counter(BytesCount::of_str(&page))
        .bench(|| index::read(black_box(&page)));
}

/// The same as short links, of which 10 MB hold four times as many.
#[divan::bench]
fn an_index_of_10_mb_with_bare_links(bencher: Bencher<'_, '_>) {
    let page = index_page(44_000_000);
    let mut bare = String::new();
    for line in page.lines() {
        let link = line
            .split_once("href=\"")
            .and_then(|(_, rest)| rest.split_once('#'));
        if let Some((address, _)) = link {
            let _ = writeln!(bare, "<a href=\"{address}\">{address}</a>");
        }
    }
    bare.truncate(10_000_000);
    bencher
        .counter(BytesCount::of_str(&bare))
        .bench(|| index::read(black_box(&bare)));
}

/// The same as JSON.
#[divan::bench]
fn an_index_of_10_mb_as_json(bencher: Bencher<'_, '_>) {
    let mut page =
        String::from("{\"meta\": {\"api-version\": \"1.1\"}, \"name\": \"torch\", \"files\": [");
    let mut number = 0;
    while page.len() < 10_000_000 {
        let (minor, patch, python) = (number % 40, number / 40 % 10, 8 + number / 400 % 8);
        let _ = write!(
            page,
            "{}{{\"filename\": \"torch-2.{minor}.{patch}-cp3{python}-cp3{python}-manylinux_2_28_x86_64.whl\", \"hashes\": {{\"sha256\": \"{number:064x}\"}}, \"requires-python\": \">=3.{python}\", \"size\": {number}, \"upload-time\": \"2026-10-28T16:25:01Z\", \"url\": \"https://files.example.org/packages/{number:064x}/torch-2.{minor}.{patch}-cp3{python}-cp3{python}-manylinux_2_28_x86_64.whl\", \"yanked\": false}}",
            if number == 0 { "" } else { ", " }
        );
        number += 1;
    }
    page.push_str("]}");
    bencher
        .counter(BytesCount::of_str(&page))
        .bench(|| index::read(black_box(&page)));
}
