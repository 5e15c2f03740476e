/** Sends a file to the local server, which is on this machine. */
import type { UploadView } from "./crystalView";

export interface UploadChoice {
  tolerance: string;
  /** Number of the block or frame, from 0. */
  number?: number;
  /** Name of the field. */
  field?: string;
}

/** Bytes; the server has smaller limits for crystals. */
const LARGEST = 100_000_000;

/** What the server says of a file; an error in one line if it says nothing. */
export async function upload(file: File, choice: UploadChoice): Promise<UploadView> {
  if (file.size > LARGEST) return { error: `${file.name}: more than ${LARGEST / 1e6} MB, too much for the explorer` };
  const query = new URLSearchParams({
    name: file.name, tolerance: choice.tolerance, number: String(choice.number ?? 0), field: choice.field ?? "",
  });
  const token = document.querySelector<HTMLMetaElement>('meta[name="sgbasis-token"]')?.content ?? "";
  const headers = { "Content-Type": "application/octet-stream", "X-Sgbasis-Token": token };
  try {
    // A copy: a file that changes on disk while it is sent would end as a failed request without a reason.
    const answer = await fetch(`/upload?${query}`, { method: "POST", headers, body: await file.arrayBuffer() });
    return (await answer.json()) as UploadView;
  } catch {
    return { error: `${file.name}: the server does not answer, or the file cannot be read: is sgbasis explorer still running?` };
  }
}
