//! Hand-written outputs, each with one thing to understand.

use lessons_engine::read::smi::{
    Cause, Form, Key, LIMIT, Note, Part, ProcessList, Row, Smi, Tool, Unread, read, read_all,
};
use serde_json::{Value, json};

/// The JSON of the only output in a text.
fn json_of(text: &str) -> Value {
    let smi = read(text).expect("an output");
    serde_json::to_value(smi).expect("values have a JSON")
}

/// A table of one GPU with the name and address cell, the values cell and so on given.
fn table(first: &str, second: &str) -> String {
    format!(
        "+-----------------------------------------------------------------------------------------+\n\
         | NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |\n\
         +-----------------------------------------+------------------------+----------------------+\n\
         | GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |\n\
         | Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |\n\
         |                                         |                        |               MIG M. |\n\
         |=========================================+========================+======================|\n\
         {first}\n{second}\n\
         |                                         |                        |                  N/A |\n\
         +-----------------------------------------+------------------------+----------------------+\n"
    )
}

const FIRST: &str =
    "|   0  NVIDIA L4                      On  |   00000000:00:03.0 Off |                    0 |";
const SECOND: &str =
    "| N/A   41C    P8             17W /   72W |       1MiB /  23034MiB |      0%      Default |";

#[test]
fn the_contract_has_these_fields_and_no_other() {
    let text = format!(
        "Wed Jan 14 02:22:46 2026       \n{}\n| Processes: |\n| GPU GI CI PID Type Process name GPU Memory |\n| 0 N/A N/A 4242 C python3 512MiB |\n+---------+\n",
        table(FIRST, SECOND)
    );
    assert_eq!(
        json_of(&text),
        json!({
            "schema": "lessons-read-smi/1",
            "timestamp": "Wed Jan 14 02:22:46 2026",
            "smi_version": "580.95.05",
            "driver_version": "580.95.05",
            "cuda_version": "13.0",
            "gpus": [{
                "index": 0, "name": "NVIDIA L4", "name_truncated": false, "persistence": "On", "driver_model": null,
                "bus_id": "00000000:00:03.0", "display_active": "Off", "ecc_uncorrected": 0, "fan_percent": "N/A",
                "temperature_c": 41, "performance_state": "P8", "power_draw_w": 17, "power_limit_w": 72,
                "memory_used_mib": 1, "memory_total_mib": 23034, "utilization_percent": 0, "compute_mode": "Default",
                "mig_mode": "N/A",
            }],
            "mig_devices": [],
            "processes": [{"gpu": 0, "gi": "N/A", "ci": "N/A", "pid": 4242, "type": "C", "name": "python3", "memory_mib": 512}],
            "failure": null,
            "notes": [],
        })
    );
}

/// `-q` shows all GPUs in the order of their numbers, if it shows all of them.
#[test]
fn blocks_of_all_gpus_count_them() {
    let log = "==============NVSMI LOG==============\n\nDriver Version : 580.95.05\n\nAttached GPUs : 2\n\
        GPU 00000000:01:00.0\n    Product Name : NVIDIA L4\n    Processes\n        Process ID : 4242\n\
        GPU 00000000:02:00.0\n    Product Name : NVIDIA A30\n    MIG Device\n        Index : 0\n\
        GPU instance ID : 1\n    Processes\n        Process ID : 4243\n        Process ID : 4244\n";
    let xml = "<nvidia_smi_log>\n<attached_gpus>2</attached_gpus>\n<gpu id=\"00000000:01:00.0\">\n\
        <processes>\n<process_info>\n<pid>4242</pid>\n</process_info>\n</processes>\n</gpu>\n\
        <gpu id=\"00000000:02:00.0\">\n<mig_devices>\n<mig_device>\n<index>0</index>\n</mig_device>\n\
        </mig_devices>\n<processes>\n<process_info>\n<pid>4243</pid>\n</process_info>\n<process_info>\n\
        <pid>4244</pid>\n</process_info>\n</processes>\n</gpu>\n</nvidia_smi_log>\n";
    let numbers = |text: &str| {
        let smi = read(text).unwrap();
        (
            smi.gpus.iter().map(|gpu| gpu.index).collect::<Vec<_>>(),
            smi.mig_devices
                .iter()
                .map(|device| device.gpu)
                .collect::<Vec<_>>(),
            smi.processes
                .iter()
                .map(|process| process.gpu)
                .collect::<Vec<_>>(),
        )
    };
    for text in [log, xml] {
        let told = (
            vec![Some(0), Some(1)],
            vec![Some(1)],
            vec![Some(0), Some(1), Some(1)],
        );
        assert_eq!(numbers(text), told, "{text}");
        // With `-i` these may be any two of them, and a text may be cut.
        let some = text.replace("GPUs : 2", "GPUs : 8").replace(">2<", ">8<");
        let untold = (vec![None; 2], vec![None], vec![None; 3]);
        assert_eq!(numbers(&some), untold, "{some}");
    }
}

#[test]
fn a_list_that_begins_again_is_another() {
    let list = "GPU 0: NVIDIA L4 (UUID: GPU-1)\nGPU 1: NVIDIA L4 (UUID: GPU-2)\n";
    let text = format!("pod a\n{list}pod b\n{list}");
    let all = read_all(&text).unwrap();
    let counts: Vec<usize> = all.iter().map(|smi| smi.gpus.len()).collect();
    assert_eq!(counts, [2, 2]);
}

#[test]
fn every_value_is_where_its_field_says() {
    let text = format!("\u{1b}[1m> prompt\u{1b}[0m\n{}", table(FIRST, SECOND));
    let smi = read(&text).unwrap();
    let shown = |row, key| {
        smi.fields
            .iter()
            .find(|field| field.row == row && field.key == key)
            .map(|field| &text[field.span.clone()])
    };
    let gpu = Row::Gpu(0);
    assert_eq!(shown(Row::Header, Key::CudaVersion), Some("13.0"));
    assert_eq!(shown(gpu, Key::Name), Some("NVIDIA L4"));
    assert_eq!(shown(gpu, Key::PowerDrawW), Some("17W"));
    assert_eq!(shown(gpu, Key::MemoryTotalMib), Some("23034MiB"));
    assert_eq!(shown(gpu, Key::MigMode), Some("N/A"));
    assert_eq!(smi.fields.len(), 3 + 16);
}

#[test]
fn words_stay_words() {
    let broken = json_of(&table(
        "|   3  ERR!                           Off |   00000000:61:00.0 N/A |                 ERR! |",
        "|ERR!  ERR! ERR!           ERR! /  ERR!  | Not Supported          |     N/A   E. Process |",
    ));
    let gpu = &broken["gpus"][0];
    for (key, word) in [
        ("name", "ERR!"),
        ("persistence", "Off"),
        ("display_active", "N/A"),
        ("ecc_uncorrected", "ERR!"),
        ("fan_percent", "ERR!"),
        ("temperature_c", "ERR!"),
        ("performance_state", "ERR!"),
        ("power_draw_w", "ERR!"),
        ("power_limit_w", "ERR!"),
        ("memory_used_mib", "Not Supported"),
        ("memory_total_mib", "Not Supported"),
        ("utilization_percent", "N/A"),
        ("compute_mode", "E. Process"),
    ] {
        assert_eq!(gpu[key], word, "{key}");
    }
}

#[test]
fn a_jetson_has_no_address() {
    let gpu = &json_of(&table(
        "|   0  Orin (nvgpu)                  N/A  | N/A              N/A |                  N/A |",
        "| N/A   N/A  N/A               N/A /  N/A | Not Supported        |     N/A          N/A |",
    ))["gpus"][0];
    for key in [
        "bus_id",
        "persistence",
        "fan_percent",
        "power_limit_w",
        "utilization_percent",
        "compute_mode",
    ] {
        assert_eq!(gpu[key], "N/A", "{key}");
    }
    assert_eq!(
        (gpu["name"].as_str(), gpu["index"].as_u64()),
        (Some("Orin (nvgpu)"), Some(0))
    );
}

#[test]
fn windows_has_driver_models() {
    for model in ["WDDM", "TCC", "MCDM", "N/A"] {
        let text = table(&format!("|   0  NVIDIA RTX A2000 Laptop ...  {model:<4}  |   00000000:01:00.0  On |                  N/A |"), SECOND)
            .replace("Persistence-M ", " Driver-Model ");
        let gpu = &json_of(&text)["gpus"][0];
        assert_eq!(
            (
                &gpu["driver_model"],
                &gpu["persistence"],
                &gpu["name_truncated"]
            ),
            (&json!(model), &Value::Null, &json!(true))
        );
    }
}

#[test]
fn the_two_line_layout_has_no_mig() {
    let text = "\
| NVIDIA-SMI 375.51                 Driver Version: 375.51                    |
|-------------------------------+----------------------+----------------------+
| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
|===============================+======================+======================|
|   0  Tesla P40           On   | 0000:03:00.0     Off |                    0 |
| N/A   26C    P8    10W / 250W |      0MiB / 22912MiB |      0%   E. Process |
+-------------------------------+----------------------+----------------------+
|   1  Tesla P40           On   | 0000:04:00.0     Off |                    2 |
| N/A   24C    P8    10W / 250W |      0MiB / 22912MiB |      0%   Prohibited |
+-------------------------------+----------------------+----------------------+

+-----------------------------------------------------------------------------+
| Processes:                                                       GPU Memory |
|  GPU       PID  Type  Process name                               Usage      |
|=============================================================================|
|    0                  Not Supported                                         |
|    1      4711    C   /opt/a very long/name with blanks               35MiB |
+-----------------------------------------------------------------------------+
";
    let smi = read(text).unwrap();
    assert_eq!(smi.notes, [Note::ProcessesNotSupported(0)]);
    assert_eq!(smi.cuda_version, None);
    assert_eq!(smi.gpus.len(), 2);
    assert_eq!(smi.gpus[1].mig_mode, None);
    assert_eq!(smi.gpus[1].bus_id.as_deref(), Some("0000:04:00.0"));
    assert_eq!(smi.processes.len(), 1);
    let process = serde_json::to_value(&smi.processes[0]).unwrap();
    assert_eq!(
        process,
        json!({"gpu": 1, "gi": null, "ci": null, "pid": 4711, "type": "C", "name": "/opt/a very long/name with blanks", "memory_mib": 35})
    );
}

#[test]
fn newer_headers_have_two_drivers() {
    let text = table(FIRST, SECOND).replace(
        "Driver Version: 580.95.05      CUDA Version: 13.0     |",
        "KMD Version: 615.71.10     CUDA UMD Version: 13.4     |",
    );
    let smi = read(&text).unwrap();
    assert_eq!(smi.driver_version.as_deref(), Some("615.71.10"));
    assert_eq!(smi.cuda_version.as_deref(), Some("13.4"));
    let smi = read(&text.replace("13.4", "ERR!")).unwrap();
    assert_eq!(smi.cuda_version.as_deref(), Some("ERR!"));
}

#[test]
fn mig_devices_are_read() {
    let text = table(FIRST, SECOND)
        + "
| MIG devices:                                                                            |
+------------------+----------------------------------+-----------+-----------------------+
| GPU  GI  CI  MIG |              Shared Memory-Usage |        Vol|        Shared         |
|      ID  ID  Dev |                Shared BAR1-Usage | SM     Unc| CE ENC  DEC  OFA  JPG |
|                  |                                  |        ECC|                       |
|==================+==================================+===========+=======================|
|  0   13   0   2  |              12MiB /  9728MiB    | 14      0 |  1   0    2    0    3 |
|                  |                 1MiB / 16383MiB  |           |                       |
+------------------+----------------------------------+-----------+-----------------------+
";
    let expected = json!([{
        "gpu": 0, "gi": 13, "ci": 0, "device": 2, "memory_used_mib": 12, "memory_total_mib": 9728, "bar1_used_mib": 1,
        "bar1_total_mib": 16383, "sm": 14, "ecc_uncorrected": 0, "ce": 1, "enc": 0, "dec": 2, "ofa": 0, "jpg": 3, "profile": null,
    }]);
    assert_eq!(json_of(&text)["mig_devices"], expected);
    let collapsed = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(json_of(&collapsed)["mig_devices"], expected);
}

#[test]
fn a_table_whose_bars_are_gone_is_read_by_its_words() {
    let text = table(FIRST, SECOND)
        .replace(['|', '+'], " ")
        .replace("---", "")
        .replace("===", "");
    let smi = read(&text).unwrap();
    let whole = read(&table(FIRST, SECOND)).unwrap();
    assert_eq!(
        (smi.gpus, smi.cuda_version),
        (whole.gpus, whole.cuda_version)
    );
}

/// Wherever within the first column the left edge was cut: what is told is what the whole table tells.
#[test]
fn a_cut_within_a_value_makes_no_other_value() {
    let whole = table(
        "|   0  NVIDIA GeForce RTX 4090        Off |   00000000:01:00.0 Off |                  Off |",
        "|  0%   30C    P8             29W /  400W |    1583MiB /  24564MiB |      0%      Default |",
    );
    let lines = |kept: fn(&str, usize) -> Option<&str>, at: usize| -> String {
        whole
            .lines()
            .flat_map(|line| [kept(line, at).unwrap_or(line), "\n"])
            .collect()
    };
    for at in 1..91 {
        let left = lines(|line, at| line.get(at..), at);
        let right = lines(|line, at| line.get(..at), at);
        for cut in [left, right] {
            said_as_in_the_whole(&cut);
        }
    }
}

/// Each value of a part of the table above is that of the whole.
fn said_as_in_the_whole(cut: &str) {
    if let Ok(smi) = read(cut) {
        for gpu in &smi.gpus {
            let gpu = serde_json::to_value(gpu).expect("a GPU is JSON");
            for (key, value) in [
                ("index", json!(0)),
                ("name", json!("NVIDIA GeForce RTX 4090")),
                ("persistence", json!("Off")),
                ("display_active", json!("Off")),
                ("fan_percent", json!(0)),
                ("temperature_c", json!(30)),
                ("performance_state", json!("P8")),
                ("power_draw_w", json!(29)),
                ("power_limit_w", json!(400)),
                ("memory_used_mib", json!(1583)),
                ("memory_total_mib", json!(24564)),
                ("utilization_percent", json!(0)),
                ("bus_id", json!("00000000:01:00.0")),
            ] {
                assert!(
                    gpu[key].is_null() || gpu[key] == value,
                    "{key} {gpu}\n{cut}"
                );
            }
        }
    }
}

#[test]
fn what_a_cut_right_edge_began_is_unknown() {
    // `N` is the beginning of the second `N/A`, and no type of process.
    let table = table(FIRST, SECOND)
        + "| Processes:   \n|  GPU   GI   C\n|        ID   I\n|==============\n|    0   N/A  N\n";
    assert_eq!(json_of(&table)["processes"], json!([]));
    // The second line of a lost card is not the second cell of its first one.
    let lost = "| GPU  Name\n| Fan  Temp\n|==========\n|   3  ERR!\n|ERR!  ERR!\n";
    if let Ok(smi) = read(lost) {
        for gpu in &smi.gpus {
            assert_eq!(gpu.bus_id, None);
            assert_eq!(gpu.persistence, None);
        }
    }
}

#[test]
fn what_a_cut_left_margin_took_is_unknown() {
    // Four columns are gone from every line: `67%` is `7%` now, and index 10 would be 0.
    let text = table(
        "|  10  NVIDIA L4                      On  |   00000000:00:03.0 Off |                    0 |",
        "| 67%   41C    P8             17W /   72W |       1MiB /  23034MiB |      0%      Default |",
    )
    .lines()
    .map(|line| &line[4..])
    .collect::<Vec<_>>()
    .join("\n");
    let gpu = &json_of(&text)["gpus"][0];
    assert_eq!(
        (&gpu["index"], &gpu["fan_percent"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        (
            &gpu["name"],
            &gpu["temperature_c"],
            &gpu["performance_state"]
        ),
        (&json!("NVIDIA L4"), &json!(41), &json!("P8"))
    );
}

#[test]
fn what_is_lost_in_a_row_is_unknown() {
    let gpu = &json_of(&table(
        FIRST,
        "| N/A   41C                    17W /   72W |                        |      0%      Default |",
    ))["gpus"][0];
    for lost in [
        "fan_percent",
        "performance_state",
        "memory_used_mib",
        "memory_total_mib",
    ] {
        assert_eq!(gpu[lost], Value::Null, "{lost}");
    }
    assert_eq!(
        (
            &gpu["temperature_c"],
            &gpu["power_draw_w"],
            &gpu["utilization_percent"]
        ),
        (&json!(41), &json!(17), &json!(0))
    );
}

#[test]
fn a_table_without_header_says_so() {
    let whole = table(FIRST, SECOND);
    let rows = whole.lines().skip(7).collect::<Vec<_>>().join("\n");
    let smi = read(&rows).unwrap();
    assert_eq!(smi.notes, [Note::HeaderMissing]);
    assert_eq!(smi.gpus, read(&whole).unwrap().gpus);
}

#[test]
fn a_cut_is_noted() {
    let whole = table(FIRST, SECOND);
    let cut_at = |wanted: &str| read(&whole[..whole.find(wanted).unwrap()]).unwrap().notes;
    assert_eq!(cut_at("/  23034MiB"), [Note::Cut(Part::Gpu(0))]);
    assert_eq!(cut_at("|=="), [Note::Cut(Part::Header)]);
    assert_eq!(read(&whole).unwrap().notes, []);
    let listed = format!(
        "{whole}| Processes: |\n| GPU GI CI PID Type Process name GPU Memory |\n| 0 N/A N/A 4242 C python3 512MiB |\n"
    );
    assert_eq!(read(&listed).unwrap().notes, [Note::Cut(Part::Processes)]);
}

#[test]
fn a_missing_gpu_is_noted() {
    let two = FIRST.replacen("   0  ", "   2  ", 1);
    let rule = "+-----------------------------------------+------------------------+----------------------+";
    let mig = "|                                         |                        |                  N/A |";
    let text = table(FIRST, SECOND) + &format!("{two}\n{SECOND}\n{mig}\n{rule}\n");
    assert_eq!(read(&text).unwrap().notes, [Note::IndexGap(vec![1])]);
}

#[test]
fn localised_dates_are_kept_as_words() {
    for date in [
        "Mi 14. Jan 02:22:46 CET 2026",
        "2026年 01月 14日 星期三 02:22:46 CST",
        "Wed 14 Jan 2026 02:22:46 AM UTC",
    ] {
        let text = format!(
            "user@host:~$ date; nvidia-smi\n{date}\n{}",
            table(FIRST, SECOND)
        );
        assert_eq!(read(&text).unwrap().timestamp.as_deref(), Some(date));
    }
    assert_eq!(
        read(&format!(
            "[02:22:46 2026] $ nvidia-smi\n{}",
            table(FIRST, SECOND)
        ))
        .unwrap()
        .timestamp,
        None
    );
}

#[test]
fn no_process_is_not_an_empty_list() {
    let list = |rows: &str| {
        read(&format!("{}| Processes: |\n| GPU GI CI PID Type Process name GPU Memory |\n|=====|\n{rows}+-----+\n", table(FIRST, SECOND))).unwrap().process_list
    };
    assert_eq!(
        list("| No running processes found |\n"),
        ProcessList::NoneFound
    );
    assert_eq!(list(""), ProcessList::Shown);
    assert_eq!(
        read(&table(FIRST, SECOND)).unwrap().process_list,
        ProcessList::Absent
    );
}

#[test]
fn a_failure_on_one_gpu_goes_with_the_table() {
    let text = format!(
        "Unable to determine the device handle for GPU1: 0000:34:00.0: Unknown Error\n{}",
        table(FIRST, SECOND)
    );
    let all = read_all(&text).unwrap();
    assert_eq!((all.len(), all[0].gpus.len()), (1, 1));
    assert!(matches!(
        all[0].failure.as_ref().unwrap().cause,
        Cause::UnableToDetermineHandle { gpu: Some(1), .. }
    ));
    assert_eq!(
        json_of(&text)["failure"],
        json!({
            "kind": "unable-to-determine-handle", "gpu": 1, "bus_id": "0000:34:00.0", "code": "Unknown", "why": "Unknown Error",
            "message": "Unable to determine the device handle for GPU1: 0000:34:00.0: Unknown Error",
        })
    );
}

#[test]
fn a_mismatch_tells_the_librarys_version() {
    let smi = read("$ nvidia-smi\nFailed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.95\n").unwrap();
    assert_eq!(smi.form, Form::Message);
    assert_eq!(
        smi.failure.unwrap().cause,
        Cause::DriverLibraryMismatch {
            library_version: Some("580.95".into())
        }
    );
}

#[test]
fn a_warning_after_the_table_is_noted() {
    let text = table(FIRST, SECOND) + "WARNING: infoROM is corrupted at gpu 0000:00:03.0\n";
    assert_eq!(
        read(&text).unwrap().notes,
        [Note::InfoRomCorrupted("0000:00:03.0".into())]
    );
}

#[test]
fn a_list_that_is_cut_in_its_last_line_keeps_the_gpu() {
    const UUID: &str = "GPU-e18afb8d-1627-f8ff-2ba3-c05c5a8e9e67";
    let whole = format!("GPU 0: GeForce GTX 1660 Ti (UUID: {UUID}");
    for (text, uuid) in [(&whole[..], Some(UUID)), (&whole[..whole.len() - 4], None)] {
        let smi = read(text).unwrap();
        assert_eq!(smi.gpus[0].name.as_deref(), Some("GeForce GTX 1660 Ti"));
        assert_eq!(smi.gpus[0].uuid.as_deref(), uuid);
    }
}

#[test]
fn lists_are_read() {
    let smi = read("$ nvidia-smi -L\nGPU 0: NVIDIA A30 (UUID: GPU-1f)\n  MIG 2g.12gb     Device  0: (UUID: MIG-2e)\nGPU 1: NVIDIA L4 (UUID: GPU-3d)\n").unwrap();
    assert_eq!(
        (smi.form, smi.gpus.len(), smi.mig_devices.len()),
        (Form::List, 2, 1)
    );
    assert_eq!(
        (
            smi.gpus[1].index,
            smi.gpus[1].name.as_deref(),
            smi.gpus[1].uuid.as_deref()
        ),
        (Some(1), Some("NVIDIA L4"), Some("GPU-3d"))
    );
    let device = &smi.mig_devices[0];
    assert_eq!(
        (device.gpu, device.device, device.profile.as_deref()),
        (Some(0), Some(0), Some("2g.12gb"))
    );
}

#[test]
fn queries_are_read_by_their_titles() {
    let text = "index, name, pci.bus_id, memory.used [MiB], memory.total [MiB], power.draw [W], compute_mode, ecc.mode.current\n\
                0, NVIDIA L4, 00000000:00:03.0, 1 MiB, 23034 MiB, 17.25 W, Exclusive_Process, Disabled\n\
                1, NVIDIA L4, 00000000:00:04.0, [N/A], [N/A], [Unknown Error], Default, Enabled\n";
    let json = json_of(text);
    let gpu = &json["gpus"][0];
    assert_eq!(
        (
            &gpu["memory_total_mib"],
            &gpu["power_draw_w"],
            &gpu["compute_mode"]
        ),
        (&json!(23034), &json!(17.25), &json!("E. Process"))
    );
    assert_eq!(gpu["ecc_uncorrected"], "Off");
    let gpu = &json["gpus"][1];
    assert_eq!(
        (
            &gpu["memory_used_mib"],
            &gpu["power_draw_w"],
            &gpu["ecc_uncorrected"]
        ),
        (&json!("[N/A]"), &json!("[Unknown Error]"), &Value::Null)
    );
}

#[test]
fn queries_without_titles_take_those_of_the_command() {
    let rows = "0, 41, 1, NVIDIA L4\n1, 42, 2, NVIDIA L4\n";
    let text = format!(
        "$ nvidia-smi --query-gpu=index,temperature.gpu,memory.used,name --format=csv,noheader,nounits\n{rows}"
    );
    let gpu = &json_of(&text)["gpus"][1];
    assert_eq!(
        (
            &gpu["index"],
            &gpu["temperature_c"],
            &gpu["memory_used_mib"]
        ),
        (&json!(1), &json!(42), &json!(2))
    );
    let unnamed = read(rows).unwrap();
    assert_eq!(unnamed.notes, [Note::ColumnsUnnamed]);
    assert_eq!(
        (
            unnamed.gpus[1].index,
            unnamed.gpus[1].name.as_deref(),
            &unnamed.gpus[1].temperature_c
        ),
        (Some(1), Some("NVIDIA L4"), &None)
    );
}

#[test]
fn a_loop_of_queries_is_several_outputs() {
    let text = "index, utilization.gpu [%]\n0, 1 %\n1, 2 %\n0, 3 %\n1, 4 %\n";
    let all = read_all(text).unwrap();
    let shown: Vec<Vec<_>> = all
        .iter()
        .map(|smi| {
            smi.gpus
                .iter()
                .map(|gpu| gpu.utilization_percent.as_ref().unwrap().to_string())
                .collect()
        })
        .collect();
    assert_eq!(shown, [["1%", "2%"], ["3%", "4%"]]);
}

#[test]
fn processes_can_be_asked_for() {
    let text = "pid, process_name, used_gpu_memory [MiB]\n4242, python3, 512 MiB\n";
    let process = &json_of(text)["processes"][0];
    assert_eq!(
        (&process["pid"], &process["name"], &process["memory_mib"]),
        (&json!(4242), &json!("python3"), &json!(512))
    );
}

#[test]
fn the_long_listing_is_read() {
    let text = "\
==============NVSMI LOG==============

Timestamp                                 : Wed Jan 14 02:22:46 2026
Driver Version                            : 610.43.02 [Deprecated; will be removed in CUDA 14.0. Use KMD Version instead]
CUDA Version                              : 13.3 [Deprecated; will be removed in CUDA 14.0. Use CUDA UMD Version instead]
KMD Version                               : 610.43.02

Attached GPUs                             : 1
GPU 00000000:00:03.0
    Product Name                          : NVIDIA L4
    Display Active                        : Disabled
    Persistence Mode                      : Enabled
    MIG Mode
        Current                           : N/A
    Driver Model
        Current                           : N/A
    Fan Speed                             : N/A
    Performance State                     : P8
    FB Memory Usage
        Total                             : 23034 MiB
        Used                              : 1 MiB
    BAR1 Memory Usage
        Total                             : 32768 MiB
    Compute Mode                          : Default
    Utilization
        Gpu                               : 3 %
    ECC Mode
        Current                           : Enabled
    ECC Errors
        Volatile
            SRAM Uncorrectable            : 0
            DRAM Uncorrectable            : 0
        Aggregate
            SRAM Uncorrectable            : 9
    Temperature
        GPU Current Temp                  : 41 C
    GPU Power Readings
        Average Power Draw                : N/A
        Instantaneous Power Draw          : 17.25 W
        Current Power Limit               : 72.00 W
    Module Power Readings
        Power Draw                        : 99.00 W
    Processes
        GPU instance ID                   : N/A
        Compute instance ID               : N/A
        Process ID                        : 4242
            Type                          : C
            Name                          : python3
            Used GPU Memory               : 512 MiB
";
    for text in [
        text.to_owned(),
        text.lines()
            .map(|line| format!("> {line}\n").replace(">     ", "> "))
            .collect::<String>()
            .replace("> ", ""),
    ] {
        let json = json_of(&text);
        let gpu = &json["gpus"][0];
        assert_eq!(
            (&json["driver_version"], &json["cuda_version"]),
            (&json!("610.43.02"), &json!("13.3"))
        );
        for (key, value) in [
            ("name", json!("NVIDIA L4")),
            ("bus_id", json!("00000000:00:03.0")),
            ("persistence", json!("On")),
            ("display_active", json!("Off")),
            ("driver_model", Value::Null),
            ("ecc_uncorrected", json!(0)),
            ("memory_total_mib", json!(23034)),
            ("utilization_percent", json!(3)),
            ("temperature_c", json!(41)),
            ("power_draw_w", json!(17.25)),
            ("power_limit_w", json!(72)),
            ("mig_mode", json!("N/A")),
        ] {
            assert_eq!(gpu[key], value, "{key}");
        }
        assert_eq!(
            json["processes"],
            json!([{"gpu": 0, "gi": "N/A", "ci": "N/A", "pid": 4242, "type": "C", "name": "python3", "memory_mib": 512}])
        );
    }
}

#[test]
fn the_xml_is_read() {
    let text = r#"<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
	<timestamp>Wed Jan 14 02:22:46 2026</timestamp>
	<driver_version>580.95.05</driver_version>
	<cuda_version>13.0</cuda_version>
	<attached_gpus>1</attached_gpus>
	<gpu id="00000000:00:03.0">
		<product_name>NVIDIA L4</product_name>
		<persistence_mode>Disabled</persistence_mode>
		<mig_mode>
			<current_mig>N/A</current_mig>
		</mig_mode>
		<ecc_mode><current_ecc>Disabled</current_ecc></ecc_mode>
		<fb_memory_usage>
			<total>23034 MiB</total>
			<used>1 MiB</used>
		</fb_memory_usage>
		<temperature>
			<gpu_temp>41 C</gpu_temp>
		</temperature>
		<gpu_power_readings>
			<power_draw>17.25 W</power_draw>
			<current_power_limit>72.00 W</current_power_limit>
		</gpu_power_readings>
		<processes>
			<process_info>
				<pid>4242</pid>
				<process_name>python3</process_name>
				<used_memory>512 MiB</used_memory>
			</process_info>
		</processes>
	</gpu>
</nvidia_smi_log>
"#;
    let smi = read(text).unwrap();
    assert_eq!(smi.form, Form::Xml);
    let json = serde_json::to_value(&smi).unwrap();
    let gpu = &json["gpus"][0];
    assert_eq!(
        (&json["driver_version"], &json["timestamp"]),
        (&json!("580.95.05"), &json!("Wed Jan 14 02:22:46 2026"))
    );
    assert_eq!(
        (&gpu["bus_id"], &gpu["persistence"], &gpu["ecc_uncorrected"]),
        (&json!("00000000:00:03.0"), &json!("Off"), &json!("Off"))
    );
    assert_eq!(
        (
            &gpu["memory_used_mib"],
            &gpu["temperature_c"],
            &gpu["power_limit_w"]
        ),
        (&json!(1), &json!(41), &json!(72))
    );
    assert_eq!(json["processes"][0]["memory_mib"], 512);
}

#[test]
fn what_is_not_nvidia_smi_is_said() {
    assert_eq!(read(" \n\t\n"), Err(Unread::Empty));
    assert_eq!(read("lorem ipsum"), Err(Unread::NotNvidiaSmi));
    assert_eq!(
        read("| a | b |\n|---|---|\n| 1 | 2 |\n"),
        Err(Unread::NotNvidiaSmi)
    );
    assert_eq!(read("\u{7f}ELF\0\0\u{fffd}"), Err(Unread::NotText));
    assert_eq!(
        read(&" ".repeat(LIMIT + 1)),
        Err(Unread::TooLong { length: LIMIT + 1 })
    );
    let gaudi = format!(
        "| HL-SMI Version:   hl-1.18.0 |\n| Driver Version:   1.18.0 |\n{FIRST}\n{SECOND}\n"
    );
    assert_eq!(read(&gaudi), Err(Unread::OtherTool(Tool::HlSmi)));
    let rocm =
        "======= ROCm System Management Interface =======\nGPU  Temp   AvgPwr\n0    30.0c  20W\n";
    assert_eq!(read(rocm), Err(Unread::OtherTool(Tool::RocmSmi)));
}

#[test]
fn rows_without_end_are_bounded() {
    let mut text = table(FIRST, SECOND);
    let row = "|0 a On|00000000:00:03.0 Off|0|\n";
    text.push_str(&row.repeat((LIMIT - text.len()) / row.len()));
    let smi = read(&text).unwrap();
    assert_eq!(smi.gpus.len(), 1 << 16);
    assert!(smi.notes.contains(&Note::RowsLeftOut));
}

#[test]
fn utf_16_read_as_bytes_is_read() {
    let text: String = table(FIRST, SECOND)
        .chars()
        .flat_map(|char| [char, '\0'])
        .collect();
    assert_eq!(
        read(&text).unwrap().gpus,
        read(&table(FIRST, SECOND)).unwrap().gpus
    );
}

#[test]
fn an_output_of_nothing_draws_and_reads() {
    let table = lessons_engine::draw::smi::draw(&Smi::default());
    assert!(table.lines().all(|line| line.len() == 91), "{table}");
}

/// Two cards; of the second, index and utilization differ.
fn two_cards() -> String {
    let one = table(FIRST, SECOND);
    let row = one.find(FIRST).expect("the row");
    let more = one[row..]
        .replace("|   0  ", "|   1  ")
        .replace("  0% ", " 93% ");
    one + &more
}

#[test]
fn what_was_cut_at_the_right_is_not_taken_from_the_next_card() {
    for width in 40..=90 {
        let cut: String = two_cards()
            .lines()
            .map(|line| line.chars().take(width).collect::<String>() + "\n")
            .collect();
        let smi = json_of(&cut);
        for (gpu, utilization) in [(0, 0), (1, 93)] {
            for (key, value) in [
                ("utilization_percent", json!(utilization)),
                ("compute_mode", json!("Default")),
                ("power_draw_w", json!(17)),
                ("memory_total_mib", json!(23034)),
            ] {
                let read = &smi["gpus"][gpu][key];
                assert!(read.is_null() || *read == value, "{width}: {key} is {read}");
            }
        }
    }
}

#[test]
fn what_stands_before_each_line_is_no_value() {
    let whole = json_of(&two_cards());
    for before in [
        "// ",
        "* ",
        "-- ",
        "2026-01-14T02:22:46.123Z ",
        "[2026-01-14 02:22:46] ",
    ] {
        let text = format!("Wed Jan 14 02:22:46 2026\n{}", two_cards());
        let text = format!("{before}{}", text.replace('\n', &format!("\n{before}")));
        let smi = json_of(&text);
        assert_eq!(smi["gpus"], whole["gpus"], "{before}");
        assert_eq!(
            smi["timestamp"],
            json!("Wed Jan 14 02:22:46 2026"),
            "{before}"
        );
    }
    // A margin that is lost takes the beginning of the date: what is left is none.
    let text = format!("ed Jan 14 02:22:46 2026\n{}", two_cards());
    assert_eq!(json_of(&text)["timestamp"], Value::Null);
}

#[test]
fn a_bar_that_markdown_escapes_is_a_bar() {
    let text = two_cards().replace('|', "\\|");
    assert_eq!(json_of(&text)["gpus"], json_of(&two_cards())["gpus"]);
}

#[test]
fn the_list_of_versions_is_read() {
    let text = "$ nvidia-smi --version\nNVIDIA-SMI version  : 590.48.01\nNVML version        : 590.48\n\
                DRIVER version      : 590.48.01\nCUDA Version        : 13.1\n";
    let smi = read(text).unwrap();
    assert_eq!(smi.form, Form::Version);
    assert_eq!(smi.smi_version.as_deref(), Some("590.48.01"));
    assert_eq!(smi.driver_version.as_deref(), Some("590.48.01"));
    assert_eq!(smi.cuda_version.as_deref(), Some("13.1"));
    let newer = "NVIDIA-SMI version  : 610.57.04\nNVML version        : 610.57\n\
                 DRIVER version      : Deprecated, see \"KMD version\" instead\n\
                 CUDA version        : Deprecated, see \"CUDA UMD version\" instead\n\
                 KMD version         : 610.57.04\nCUDA UMD version    : 13.3\n";
    let smi = read(newer).unwrap();
    assert_eq!(smi.driver_version.as_deref(), Some("610.57.04"));
    assert_eq!(smi.cuda_version.as_deref(), Some("13.3"));
}

#[test]
fn titles_with_capitals_and_many_columns_are_titles() {
    let mut titles = String::from(
        "index, name, vgpu_driver_capability.heterogenous_multivGPU, memory.total [MiB]",
    );
    let mut row = String::from("0, NVIDIA L4, [N/A], 23034 MiB");
    for place in 0..260 {
        titles.push_str(&format!(", fabric.cliqueId{place}"));
        row.push_str(", 0");
    }
    let gpu = &json_of(&format!("{titles}\n{row}\n"))["gpus"][0];
    assert_eq!(
        (&gpu["index"], &gpu["memory_total_mib"]),
        (&json!(0), &json!(23034))
    );
}

#[test]
fn prose_after_a_query_is_no_row() {
    for text in [
        "$ nvidia-smi --query-gpu=mig.mode.current --format=csv\nmig.mode.current\nEnabled\n\nThen restart it\n$ reboot\n",
        "mig.mode.current\nEnabled\n# Should show Enabled\n",
        "name, mig.mode.current\nNVIDIA L4, Enabled\nAs you see, it is enabled\n",
    ] {
        let gpus = json_of(text)["gpus"].clone();
        assert_eq!(gpus.as_array().unwrap().len(), 1, "{text}");
        assert_eq!(gpus[0]["mig_mode"], "Enabled");
    }
}

#[test]
fn a_processs_name_is_not_its_gpus() {
    for titles in [
        "gpu_name, gpu_uuid, pid, process_name, used_gpu_memory [MiB]",
        "gpu_name, gpu_uuid, pid, name, used_gpu_memory [MiB]",
    ] {
        let process = &json_of(&format!(
            "{titles}\nNVIDIA L4, GPU-1, 42, python3, 512 MiB\n"
        ))["processes"][0];
        assert_eq!(process["name"], "python3", "{titles}");
        assert_eq!(process["memory_mib"], 512);
    }
}

#[test]
fn a_slice_of_a_gpu_does_not_lend_it_its_memory() {
    let log = "==============NVSMI LOG==============\nDriver Version : 590.48.01\nAttached GPUs : 1\n\
        GPU 00000000:00:09.0\n    Product Name : NVIDIA H100\n    MIG Mode\n        Current : Enabled\n        Pending : Enabled\n    \
        MIG Device\n        Index : 0\n        GPU Instance ID : 2\n        Compute Instance ID : 1\n        Device Attributes\n            \
        Shared\n                Multiprocessor count : 60\n                Copy Engine count : 3\n                Encoder count : 0\n                \
        Decoder count : 3\n                OFA count : 0\n                JPG count : 4\n        ECC Errors\n            Volatile\n                \
        SRAM Uncorrectable : 5\n        Shared FB Memory Usage\n            Total : 40448 MiB\n            Reserved : 0 MiB\n            \
        Used : 26 MiB\n        Shared BAR1 Memory\n            Total : 24739 MiB\n            Used : 1 MiB\n    Accounting Mode : Disabled\n    \
        FB Memory Usage\n        Total : 81559 MiB\n        Used : 59 MiB\n    ECC Mode\n        Current : Enabled\n    ECC Errors\n        \
        Volatile\n            SRAM Uncorrectable Parity : 0\n            DRAM Uncorrectable : 0\n        Aggregate\n            \
        DRAM Uncorrectable : 7\n    Remapped Rows\n        Uncorrectable Error : 3\n    GPU Power Readings\n        \
        Average Power Draw : 71.27 W\n        GPU Ceiling Power Limit\n            Current Power Limit : 700.00 W\n    \
        Module Power Readings\n        Current Power Limit : N/A\n";
    let xml = "<nvidia_smi_log><attached_gpus>1</attached_gpus><gpu id=\"00000000:00:09.0\"><product_name>NVIDIA H100</product_name><mig_mode><current_mig>Enabled</current_mig></mig_mode>\
        <mig_devices><mig_device><index>0</index><gpu_instance_id>2</gpu_instance_id><compute_instance_id>1</compute_instance_id>\
        <device_attributes><shared><multiprocessor_count>60</multiprocessor_count><copy_engine_count>3</copy_engine_count><encoder_count>0</encoder_count>\
        <decoder_count>3</decoder_count><ofa_count>0</ofa_count><jpg_count>4</jpg_count></shared></device_attributes>\
        <ecc_error_count><volatile_count><sram_uncorrectable>5</sram_uncorrectable></volatile_count></ecc_error_count>\
        <fb_memory_usage><total>40448 MiB</total><used>26 MiB</used></fb_memory_usage><bar1_memory_usage><total>24739 MiB</total><used>1 MiB</used></bar1_memory_usage>\
        </mig_device></mig_devices><fb_memory_usage><total>81559 MiB</total><used>59 MiB</used></fb_memory_usage><ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode>\
        <ecc_errors><volatile><sram_uncorrectable_parity>0</sram_uncorrectable_parity><dram_uncorrectable>0</dram_uncorrectable></volatile>\
        <aggregate><dram_uncorrectable>7</dram_uncorrectable></aggregate></ecc_errors>\
        <gpu_power_readings><average_power_draw>71.27 W</average_power_draw><current_power_limit>700.00 W</current_power_limit></gpu_power_readings></gpu></nvidia_smi_log>";
    for text in [log, xml] {
        let json = json_of(text);
        let gpu = &json["gpus"][0];
        for (key, value) in [
            ("memory_total_mib", json!(81559)),
            ("memory_used_mib", json!(59)),
            ("ecc_uncorrected", json!(0)),
            ("power_draw_w", json!(71.27)),
            ("power_limit_w", json!(700)),
            ("mig_mode", json!("Enabled")),
        ] {
            assert_eq!(gpu[key], value, "{key}");
        }
        assert_eq!(
            json["mig_devices"],
            json!([{
                "gpu": 0, "gi": 2, "ci": 1, "device": 0, "memory_used_mib": 26, "memory_total_mib": 40448,
                "bar1_used_mib": 1, "bar1_total_mib": 24739, "sm": 60, "ecc_uncorrected": 5, "ce": 3, "enc": 0,
                "dec": 3, "ofa": 0, "jpg": 4, "profile": null
            }])
        );
        assert_eq!(json["notes"], json!([]));
    }
}

/// The table as a page's source has it.
#[test]
fn what_a_page_escapes_is_read() {
    let plain = table(FIRST, SECOND);
    let whole = json_of(&plain);
    for (what, text) in [
        ("entities", plain.replace('|', "&#124;")),
        (
            "names",
            plain.replace('|', "&vert;").replace("  ", "&nbsp;&nbsp;"),
        ),
        ("twice", plain.replace('|', "&amp;#124;")),
        (
            "breaks",
            format!("<pre><code>{}</code></pre>", plain.replace('\n', "<br>")),
        ),
        ("breaks and lines", plain.replace('\n', "<br/>\n")),
        ("quoted", format!("&gt; {}", plain.replace('\n', "\n&gt; "))),
    ] {
        assert_eq!(json_of(&text), whole, "{what}");
    }
    let listed = "&lt;nvidia_smi_log&gt;&lt;driver_version&gt;580.95.05&lt;/driver_version&gt;&lt;/nvidia_smi_log&gt;";
    assert_eq!(json_of(listed)["driver_version"], "580.95.05");
}

/// A value of which a lost margin took a part is unknown; one that it left whole is read.
#[test]
fn a_cut_margin_leaves_no_part_of_a_value() {
    let second = |fan: &str| {
        format!(
            "|{fan}   41C    P8             17W /   72W |       1MiB /  23034MiB |      0%      Default |"
        )
    };
    for fan in ["  0%", " 30%", "100%", " N/A", "ERR!"] {
        let table = table(FIRST, &second(fan));
        let whole = json_of(&table)["gpus"][0].clone();
        for lost in 1..=4 {
            let cut: String = table
                .lines()
                .map(|line| line.get(lost..).unwrap_or_default().to_owned() + "\n")
                .collect();
            let json = json_of(&cut);
            for (key, value) in json["gpus"][0].as_object().unwrap() {
                assert!(
                    *value == whole[key] || value.is_null(),
                    "{fan} {lost} {key}: {value}"
                );
                // With four characters the number of a GPU may have lost its first digit.
                let may_be_gone = key == "fan_percent" || (key == "index" && lost == 4);
                assert!(may_be_gone || *value == whole[key], "{fan} {lost} {key}");
            }
            let left_out = json["gpus"][0]["fan_percent"].is_null();
            assert_eq!(
                left_out,
                json["notes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|note| note.as_str().unwrap().contains("left edge")),
                "{fan} {lost}: {json}"
            );
        }
    }
    // Of `12` the cut leaves `2`.
    let twelfth = FIRST.replace("|   0", "|  12");
    let cut: String = table(&twelfth, SECOND)
        .lines()
        .map(|line| line.get(4..).unwrap_or_default().to_owned() + "\n")
        .collect();
    assert!(json_of(&cut)["gpus"][0]["index"].is_null());
}

/// What a narrow window cuts from the end of every line takes no value from another cell.
#[test]
fn a_cut_right_edge_leaves_no_value_of_another_cell() {
    let text = format!(
        "Wed Jan 14 02:22:46 2026\n{}| Processes: |\n| GPU GI CI PID Type Process name GPU Memory |\n|    0   N/A  N/A            2244      G   /usr/lib/xorg/Xorg                        4MiB |\n",
        table(&FIRST.replace("    0 |", "  N/A |"), SECOND)
    );
    let whole = json_of(&text);
    for lost in 1..=40 {
        let cut: String = text
            .lines()
            .map(|line| {
                line.get(..line.len().saturating_sub(lost))
                    .unwrap_or_default()
                    .to_owned()
                    + "\n"
            })
            .collect();
        let Ok(smi) = read(&cut) else { continue };
        let json = serde_json::to_value(smi).unwrap();
        for (place, gpu) in json["gpus"].as_array().unwrap().iter().enumerate() {
            for (key, value) in gpu.as_object().unwrap() {
                assert!(
                    *value == whole["gpus"][place][key] || value.is_null(),
                    "{lost} {key}: {value}"
                );
            }
        }
    }
}

#[test]
fn titles_without_their_beginning_are_titles() {
    let text = "| MIG devices: |\n| GPU  GI  CI  MIG |              Shared Memory-Usage |        Vol|        Shared         |\n\
                |==================+==================================+===========+=======================|\n\
                |  0    2   0   0  |              26MiB / 40448MiB    | 60      0 |  3   0    3    0    3 |\n\
                |                  |               0MiB / 24739MiB    |           |                       |\n\
                | Processes:                                                                              |\n\
                |  GPU   GI   CI              PID   Type   Process name                        GPU Memory |\n\
                |=========================================================================================|\n\
                |    0    2    0           21180      C   /root/tools/memhog                     2296MiB |\n";
    for lost in 0..=4 {
        let cut: String = text
            .lines()
            .map(|line| line.get(lost..).unwrap_or_default().to_owned() + "\n")
            .collect();
        let json = json_of(&cut);
        assert_eq!(json["processes"][0]["pid"], 21180, "{lost}");
        let devices = json["mig_devices"].as_array().unwrap();
        assert!(devices.len() == 1 || lost == 4, "{lost}: {json}");
    }
}

#[test]
fn dates_with_other_blanks_and_cut_dates() {
    for (above, timestamp) in [
        ("Sat Oct  3 19:40:36 2026", Some("Sat Oct  3 19:40:36 2026")),
        ("Sat Oct 3 19:40:36 2026", Some("Sat Oct 3 19:40:36 2026")),
        (
            "`Sat Oct  3 19:40:36 2026     `",
            Some("Sat Oct  3 19:40:36 2026"),
        ),
        (
            "host: Sat Oct 3 19:40:36 2026",
            Some("Sat Oct 3 19:40:36 2026"),
        ),
        ("t Oct 3 19:40:36 2026", None),
        ("Oct 3 19:40:36 2026", None),
        ("3 19:40:36 2026", None),
    ] {
        let text = format!("{above}\n{}", table(FIRST, SECOND));
        assert_eq!(
            read(&text).unwrap().timestamp.as_deref(),
            timestamp,
            "{above}"
        );
        let doubled = text.replace('\n', "\n\n");
        assert_eq!(
            read(&doubled).unwrap().timestamp.as_deref(),
            timestamp,
            "{above}"
        );
    }
}

#[test]
fn prose_around_a_message_is_not_of_it() {
    for (text, message) in [
        (
            "It says ``Failed to initialize NVML: Insufficient Permissions``. Why?",
            "Failed to initialize NVML: Insufficient Permissions",
        ),
        (
            "error: \"Failed to initialize NVML: Unknown Error\" in the pod",
            "Failed to initialize NVML: Unknown Error",
        ),
        (
            "I get No devices were found, always",
            "No devices were found",
        ),
    ] {
        assert_eq!(read(text).unwrap().failure.unwrap().message, message);
    }
}
