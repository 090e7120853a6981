//! Cards that no engine stands behind, in the HTML that `book/theme/lessons.css` describes.

use lessons_cli::book::{Cards, literal};

/// Knows three steps, one machine and one table.
pub(crate) struct Sample;

const STEPS: [(&str, &str); 3] = [
    ("driver.gpu-visible", "The machine sees its GPUs"),
    ("driver.installed", "The driver is installed"),
    ("smi.runs", "nvidia-smi runs"),
];

const SMI: &str = "\
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 580.95.05              Driver Version: 580.95.05      CUDA Version: 13.0     |
+-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  NVIDIA GeForce RTX 4090        On  |   00000000:01:00.0 Off |                  Off |
| 30%   34C    P8             21W /  450W |       1MiB /  24564MiB |      0%      Default |
|                                         |                        |                  N/A |
+-----------------------------------------+------------------------+----------------------+

No running processes found";

impl Cards for Sample {
    fn step(&self, id: &str) -> Result<String, String> {
        let (_, title) = STEPS.iter().find(|(known, _)| *known == id).ok_or(format!(
            "there is no step `{id}`; did you mean `driver.installed`?"
        ))?;
        let fail = literal(
            "not done: no NVIDIA driver is installed\n\n  /sys/module/nvidia: not found\n\nhint: sudo apt install nvidia-driver-580 && sudo reboot",
        );
        Ok(format!(
            r##"<section class="step-card" id="{id}" aria-labelledby="{id}-title">
<h3 class="step-title" id="{id}-title"><a class="header" href="#{id}">{title}</a></h3>
<p class="step-facts"><code>{id}</code> <span class="step-kind">required</span> <span class="step-needs">after <a href="driver.html#driver.gpu-visible">The machine sees its GPUs</a></span></p>
<p class="step-why">Without the driver the kernel has no way to talk to the GPU, and nothing that follows can work.</p>
<p class="step-label">Do</p>
<pre><code class="language-bash">sudo apt install nvidia-driver-580
sudo reboot</code></pre>
<p class="step-note">The machine restarts; save your work first.</p>
<p class="step-label">Check</p>
<pre><code class="language-bash">lessons check {id}</code></pre>
<div class="step-examples">
<figure class="step-example" data-outcome="pass">
<figcaption><strong>Done</strong> on <code>ubuntu-4x4090</code></figcaption>
<pre tabindex="0"><samp>done: the driver 580.95.05 is installed</samp></pre>
</figure>
<figure class="step-example" data-outcome="fail">
<figcaption><strong>Not done</strong> on <code>ubuntu-fresh-nouveau</code></figcaption>
<pre tabindex="0"><samp>{fail}</samp></pre>
</figure>
</div>
<details class="step-undo">
<summary>Undo</summary>
<p>This takes the driver away, and every package that came with it.</p>
<pre><code class="language-bash">sudo apt purge 'nvidia-*' &amp;&amp; sudo apt autoremove</code></pre>
</details>
</section>"##
        ))
    }

    fn annotated(&self, machine: &str, command: &[&str]) -> Result<String, String> {
        self.output(machine, command)
    }

    fn smi(&self, machine: &str) -> Result<String, String> {
        self.output(machine, &["nvidia-smi"])
    }

    fn topology(&self, machine: &str) -> Result<String, String> {
        self.output(machine, &["nvidia-smi", "topo", "-m"])
    }

    fn output(&self, machine: &str, command: &[&str]) -> Result<String, String> {
        if machine != "ubuntu-4x4090" {
            return Err(format!("there is no recording `{machine}`"));
        }
        let command = command.join(" ");
        let text = match command.as_str() {
            "nvidia-smi" => SMI,
            "nvidia-smi topo -m" => "\tGPU0\tGPU1\nGPU0\t X \tNODE\nGPU1\tNODE\t X ",
            "docker ps" => "{{#include missing}} <b>&amp;",
            _ => return Err(format!("`{machine}` has no output of `{command}`")),
        };
        Ok(format!(
            "<figure class=\"recorded\">\n<figcaption><code>{command}</code> on <code>{machine}</code></figcaption>\n\
             <pre tabindex=\"0\"><samp>{}</samp></pre>\n</figure>",
            literal(text)
        ))
    }

    fn causes(&self, symptom: &str) -> Result<String, String> {
        Ok(format!("- A cause of {symptom}.\n"))
    }

    fn picture(&self, name: &str, _words: &[&str]) -> Result<String, String> {
        Err(format!("there is no picture `{name}`"))
    }

    fn table(&self, name: &str) -> Result<String, String> {
        if name != "cuda-driver" {
            return Err(format!("there is no table `{name}`"));
        }
        Ok("| CUDA | Driver on Linux | Driver on Windows |\n| --- | --- | --- |\n| 13.x | 580 | |\n| 12.x | 525.60.13 | 528.33 |\n\n\
            <p class=\"table-source\">Source: <a href=\"https://docs.nvidia.com/cuda/\">CUDA release notes</a></p>"
            .to_owned())
    }

    fn steps(&self) -> Vec<String> {
        STEPS.map(|(id, _)| id.to_owned()).to_vec()
    }
}
