/** The page for files: drop, choose or paste one, and read what it is. */
import { element } from "./dom";
import { resultView } from "./resultView";
import { upload, type UploadChoice } from "./uploadRequest";

/** Starts the page, if this is it. */
export function crystalPage(): void {
  const zone = document.getElementById("drop-zone");
  if (zone) new CrystalPage(zone);
}

class CrystalPage {
  private readonly input = document.querySelector<HTMLInputElement>("#file-input")!;
  private readonly tolerance = document.querySelector<HTMLSelectElement>("#tolerance")!;
  private readonly status = document.getElementById("status")!;
  private readonly result = document.getElementById("results")!;
  private file: File | undefined;
  private busy = false;
  private depth = 0;

  constructor(private readonly zone: HTMLElement) {
    // Files can be dropped anywhere: a browser would open one that misses the zone, and leave the page.
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("dragenter", () => this.hover(1));
    document.addEventListener("dragleave", () => this.hover(-1));
    document.addEventListener("drop", (event) => this.drop(event));
    document.addEventListener("paste", (event) => this.paste(event));
    this.input.addEventListener("change", () => {
      if (this.input.files?.length) void this.read(this.input.files[0]);
      this.input.value = ""; // so that the same file can be chosen again
    });
    this.tolerance.addEventListener("change", () => this.file && void this.read(this.file));
    document.querySelectorAll<HTMLButtonElement>("button[data-example]").forEach((button) =>
      button.addEventListener("click", () => void this.example(button.dataset.example!)));
  }

  private hover(change: number): void {
    this.depth = Math.max(0, this.depth + change);
    this.zone.classList.toggle("hover", this.depth > 0);
  }

  private drop(event: DragEvent): void {
    event.preventDefault();
    this.depth = 0;
    this.hover(0);
    const file = event.dataTransfer?.files[0];
    if (file) void this.read(file);
    else this.say("That is no file: drop one from a folder.", "problem");
  }

  private paste(event: ClipboardEvent): void {
    const file = event.clipboardData?.files[0];
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (file) void this.read(file);
    else if (text.trim()) void this.read(new File([text], pastedName(text)));
  }

  private async example(name: string): Promise<void> {
    const answer = await fetch(`/examples/${name}`);
    await this.read(new File([await answer.blob()], name));
  }

  private async read(file: File, choice: Omit<UploadChoice, "tolerance"> = {}): Promise<void> {
    if (this.busy) return;
    this.file = file;
    this.wait(true, `Reading ${file.name} …`);
    const view = await upload(file, { tolerance: this.tolerance.value, ...choice });
    this.wait(false, "");
    if (view.error) {
      this.result.replaceChildren();
      this.say(view.error, "problem");
      return;
    }
    this.result.replaceChildren(resultView(file.name, view, {
      crystal: (number) => void this.read(file, { number }),
      field: (field) => void this.read(file, { field }),
    }));
    this.say(`${file.name} was read.`, "done");
    document.body.classList.add("read");
    document.getElementById("result")?.focus({ preventScroll: true });
    this.status.scrollIntoView({ block: "start" });
  }

  private wait(on: boolean, text: string): void {
    this.busy = on;
    this.zone.setAttribute("aria-busy", String(on));
    this.result.inert = on;
    this.tolerance.disabled = on;
    if (on) this.say(text, "busy");
  }

  private say(text: string, kind: string): void {
    this.status.className = kind;
    this.status.replaceChildren(element("span", {}, text));
  }
}

/** The name of a format that a text is in: the server recognises formats by names. */
function pastedName(text: string): string {
  if (/^\s*data_/im.test(text)) return "pasted.cif";
  if (/^\s*\d+\s*\n.*Lattice=/i.test(text)) return "pasted.extxyz";
  return text.trimStart().startsWith("{") ? "pasted.json" : "POSCAR";
}
