/** Canvases that fit their element and the screen's pixels, and the colours drawn on them. */

export interface Palette {
  background: string;
  ink: string;
  muted: string;
  line: string;
  real: string;
  generated: string;
  accent: string;
  realRgb: [number, number, number];
  generatedRgb: [number, number, number];
  backgroundRgb: [number, number, number];
}

let palette: Palette | null = null;

/** The colours of the present theme, from the style sheet. */
export function colours(): Palette {
  if (palette) return palette;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const rgb = (hex: string) => {
    const digits = hex.length === 4 ? [...hex.slice(1)].map((c) => c + c).join("") : hex.slice(1);
    return [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)) as [
      number,
      number,
      number,
    ];
  };
  palette = {
    background: read("panel"),
    ink: read("ink"),
    muted: read("muted"),
    line: read("line"),
    real: read("real"),
    generated: read("generated"),
    accent: read("accent"),
    realRgb: rgb(read("real")),
    generatedRgb: rgb(read("generated")),
    backgroundRgb: rgb(read("panel")),
  };
  return palette;
}

/** Forgets the colours, after the theme changed. */
export function forgetColours(): void {
  palette = null;
}

/** A canvas that is drawn again when its size changes. */
export class Drawing {
  readonly context: CanvasRenderingContext2D;
  width = 0;
  height = 0;
  private readonly observer: ResizeObserver;
  private frame = 0;

  /** @param draw Draws in CSS pixels, 0 to `width` and 0 to `height`. */
  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly draw: (drawing: Drawing) => void,
  ) {
    this.context = canvas.getContext("2d")!;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(canvas);
  }

  private resize(): void {
    const { width, height } = this.canvas.getBoundingClientRect();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    if (!width || !height) return;
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.paint();
  }

  /** Draws with the next animation frame, once, however often it is called. */
  request(): void {
    if (!this.frame)
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.paint();
      });
  }

  private paint(): void {
    if (!this.width) return;
    const ratio = this.canvas.width / this.width;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    this.draw(this);
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
  }
}
