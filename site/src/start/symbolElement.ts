/** A Hermann-Mauguin symbol as it is printed; the same as `symbol_html` of `sgbasis/explorer/symbol_html.py`. */
export function symbolElement(symbol: string): HTMLElement {
  const element = document.createElement("span");
  element.className = "symbol";
  for (const [piece, bar, sub] of symbol.matchAll(/-(\d)|_(\w)|[A-Za-z]|[^A-Za-z_-]+|./g)) {
    if (bar) element.append(barred(bar));
    else if (sub) element.append(tagged("sub", sub));
    else element.append(/[A-Za-z]/.test(piece) ? tagged("i", piece) : piece);
  }
  return element;
}

function barred(digit: string): HTMLElement {
  const bar = tagged("span", digit);
  bar.className = "bar";
  const minus = tagged("span", "-");
  minus.className = "unseen";
  bar.prepend(minus);
  return bar;
}

function tagged(tag: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}
