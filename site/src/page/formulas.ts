/** Formulas by KaTeX, when they come into view. Without it they stay as text. */
import katex from "katex";

/** One formula into an element. Long ones break into lines between terms: not inside parentheses, but inside brackets. */
export function showFormula(element: HTMLElement, latex: string): void {
  const breakable = latex
    .replace(/\\left\[/g, "[")
    .replace(/\\right\]/g, "]")
    .replace(/\(([^()]*)\)/g, "\\!{($1)}");
  katex.render(breakable, element, { throwOnError: false, output: "htmlAndMathml" });
}

/** Watch all elements with `data-tex`. The margin is wide: a row must not move while somebody clicks on it. */
export function watchFormulas(): void {
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting || !(target instanceof HTMLElement)) continue;
        watcher.unobserve(target);
        showFormula(target, target.dataset.tex ?? "");
      }
    },
    { rootMargin: "300%" },
  );
  document.querySelectorAll("[data-tex]").forEach((one) => watcher.observe(one));
}
