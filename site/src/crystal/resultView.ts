/** Everything that is known of a file: structure, setting, sites, predictions, field. */
import type { CrystalView, FieldView, UploadView } from "./crystalView";
import { element, labelled, list, ownHtml, section } from "./dom";
import { predictionTables } from "./predictionTables";
import { siteTables } from "./siteTables";
import { structureViewer } from "./structureViewer";

/** What a user can choose of a file that holds several crystals or fields. */
export interface Choices {
  crystal: (number: number) => void;
  field: (name: string) => void;
}

export function resultView(name: string, view: UploadView, choices: Choices): HTMLElement {
  const { crystal, field, predictions } = view;
  const drawn = crystal || field;
  return element(
    "div", { class: "result" },
    title(name, view),
    chooser(view, choices),
    list("problems", view.problems ?? []),
    drawn && structureViewer(name, view),
    crystal ? setting(crystal) : undefined,
    ...(crystal ? siteTables(crystal) : []),
    predictions && crystal ? predictionTables(predictions, crystal.drawn.lattice) : undefined,
    field && fieldText(field),
    download(name, view),
  );
}

function title(name: string, { crystal, field }: UploadView): HTMLElement {
  const heading = element("h2", { id: "result", tabindex: -1 });
  if (!crystal) {
    heading.append(field?.quantity ?? name);
    return element("header", { class: "title" }, heading, element("p", {}, name));
  }
  const { setting } = crystal;
  heading.append(...formula(crystal.formula), " ", ownHtml(setting.symbol_html));
  return element(
    "header", { class: "title" },
    element("p", { class: "number" }, `Space group ${setting.number}`), heading,
    element("p", { class: "classes" }, `${crystal.atoms_in_cell} in the cell of ${name}`),
  );
}

/** A formula with lower indices. */
function formula(text: string): (Node | string)[] {
  return text.split(/(\d+)/).map((part) => (/^\d+$/.test(part) ? element("sub", {}, part) : part));
}

function chooser(view: UploadView, choices: Choices): HTMLElement | undefined {
  const crystals = view.crystals ?? [];
  const fields = view.field?.names ?? [];
  if (crystals.length < 2 && fields.length < 2) return undefined;
  const row = element("p", { class: "chooser" });
  if (crystals.length > 1) {
    const choice = element("select", { name: "crystal" }, ...crystals.map((one, i) =>
      element("option", { value: i, disabled: !one.name }, `${i + 1}: ${one.name ?? one.error}`)));
    choice.value = String(view.chosen ?? 0);
    choice.addEventListener("change", () => choices.crystal(Number(choice.value)));
    row.append(labelled(`One of ${crystals.length} crystals`, choice));
  }
  if (fields.length > 1) {
    const choice = element("select", { name: "field" }, ...fields.map((one) => element("option", { value: one }, one)));
    choice.value = view.field!.name;
    choice.addEventListener("change", () => choices.field(choice.value));
    row.append(labelled(`One of ${fields.length} fields`, choice));
  }
  return row;
}

function setting(crystal: CrystalView): HTMLElement {
  const { label, page } = crystal.setting;
  const [a, b, c, ...angles] = crystal.cell;
  const facts = crystal.facts.filter((one) => !["setting", "cell"].includes(one.name));
  return section(
    "setting", "Setting",
    element("p", {}, "Found from the positions of the atoms. The crystal was brought to the standard setting by an exact change of basis, without turning it."),
    element(
      "dl", {},
      element("dt", {}, "setting"),
      element("dd", {}, `${label}, ${crystal.setting.full_symbol}, Hall number ${crystal.setting.hall_number} (`, element("a", { href: page }, "its page"), ")"),
      element("dt", {}, "cell"),
      element("dd", {}, `${[a, b, c].map((one) => one.toFixed(4)).join(", ")} Å; ${angles.map((one) => `${Number(one.toFixed(3))}°`).join(", ")}; ${crystal.volume.toFixed(2)} Å³`),
      ...facts.flatMap((one) => [element("dt", {}, one.name), element("dd", {}, one.text)]),
    ),
    list("notes", crystal.encode.notes),
  );
}

function fieldText(field: FieldView): HTMLElement {
  return section(
    "field", "Field",
    element("pre", { tabindex: 0 }, field.text.join("\n")),
    field.expansion.length > 0 && element("h3", {}, `In the functions of ${field.setting}`),
    field.expansion.length > 0 && element("pre", { tabindex: 0 }, field.expansion.join("\n")),
    list("notes", field.notes),
  );
}

/** Everything but what serves to draw. */
function download(name: string, view: UploadView): HTMLElement {
  const { functions: _functions, drawn: _drawn, ...crystal } = view.crystal ?? ({} as CrystalView);
  const { grid: _grid, ...field } = view.field ?? ({} as FieldView);
  const predictions = view.predictions?.map(({ surface: _surface, ...one }) => one);
  const kept = { name, ...(view.crystal && { crystal }), ...(view.field && { field }), predictions, problems: view.problems };
  const address = URL.createObjectURL(new Blob([JSON.stringify(kept, undefined, 1)], { type: "application/json" }));
  const file = `${name.replace(/\.[^.]*$/, "") || "crystal"}.json`;
  return element("p", { class: "downloads" }, element("a", { class: "button", href: address, download: file }, "Download as JSON"));
}
