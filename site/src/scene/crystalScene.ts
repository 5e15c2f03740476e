/** A canvas with a perspective view of one cell or more, which turns by itself, by mouse, touch and keys. */
import { Color, Group, HemisphereLight, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { addLights } from "./lights";

const FIELD_OF_VIEW = 26;
const STEP = Math.PI / 24;

export interface ViewDirection {
  /** Around c, from the x axis on. */
  azimuth: number;
  /** Above the plane perpendicular to c. */
  elevation: number;
}

export class CrystalScene {
  readonly scene = new Scene();
  /** What is drawn; its middle is the point around which the view turns. */
  readonly content = new Group();
  readonly camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.01, 100);
  readonly renderer: WebGLRenderer;
  readonly controls: OrbitControls;
  /** Called when somebody begins to turn the view, and when it is turned. */
  onTurn: () => void = () => {};
  private radius = 1;
  private queued = false;
  private afterwards: (() => void)[] = [];
  private visible = true;
  private readonly home = new Vector3(0, -1, 0.3);

  /**
   * @param host an element with a size, which gets the canvas
   * @throws Error where the browser has no WebGL
   */
  constructor(private readonly host: HTMLElement) {
    this.renderer = new WebGLRenderer({ antialias: true, alpha: true });
    this.renderer.localClippingEnabled = true;
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    host.append(this.renderer.domElement);
    this.camera.up.set(0, 0, 1);
    this.scene.add(this.content, this.camera, new HemisphereLight(0xffffff, 0x9aa0a8, 1.5));
    addLights(this.camera);
    this.controls = new OrbitControls(this.camera, this.renderer.domElement);
    this.controls.enablePan = false;
    this.controls.enableDamping = false;
    this.controls.autoRotateSpeed = 1.2;
    this.controls.addEventListener("change", () => this.draw());
    this.controls.addEventListener("start", () => this.turned());
    this.controls.addEventListener("end", () => this.turned());
    host.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.resize()).observe(host);
    new IntersectionObserver(([entry]) => {
      this.visible = entry.isIntersecting;
      this.draw();
    }).observe(host);
    this.resize();
  }

  get rotating(): boolean {
    return this.controls.autoRotate;
  }

  set rotating(on: boolean) {
    this.controls.autoRotate = on;
    this.draw();
  }

  /** Look at what lies within `radius` of the middle, from `direction`; without one the view stays. */
  look(radius: number, direction?: Vector3): void {
    const towards = direction ?? this.camera.position.clone();
    if (direction) this.home.copy(direction);
    this.radius = radius;
    const half = (FIELD_OF_VIEW * Math.PI) / 360;
    const narrow = Math.atan(Math.tan(half) * Math.min(1, this.camera.aspect));
    this.camera.position.copy(towards).setLength((0.99 * radius) / Math.sin(narrow));
    this.camera.near = radius / 10;
    this.camera.far = radius * 20;
    this.camera.updateProjectionMatrix();
    this.controls.minDistance = radius * 1.2;
    this.controls.maxDistance = radius * 12;
    this.controls.update();
    this.draw();
  }

  /** From where one looks, in whole degrees. */
  get direction(): ViewDirection {
    return degrees(this.camera.position);
  }

  set direction({ azimuth, elevation }: ViewDirection) {
    const [around, above] = [azimuth, Math.min(Math.max(elevation, -89.9), 89.9)].map((one) => (one * Math.PI) / 180);
    const towards = new Vector3(Math.cos(above) * Math.cos(around), Math.cos(above) * Math.sin(around), Math.sin(above));
    this.camera.position.copy(towards.setLength(this.camera.position.length()));
    this.controls.update();
    this.draw();
  }

  /** Whether one looks from where one did at the start. */
  get isHome(): boolean {
    const [own, home] = [this.direction, degrees(this.home)];
    return own.azimuth === home.azimuth && own.elevation === home.elevation;
  }

  /** The view from the start. */
  reset(): void {
    this.look(this.radius, this.home);
  }

  /** Draw the next frame. */
  draw(): void {
    if (this.queued || !this.visible) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.controls.update();
      this.renderer.render(this.scene, this.camera);
      this.afterwards.splice(0).forEach((then) => then());
      if (this.rotating) this.draw();
    });
  }

  /** Do something once the next frame is drawn. */
  afterNextFrame(then: () => void): void {
    this.afterwards.push(then);
  }

  /** A PNG of the view, with `scale` times the pixels of the canvas, on a background. */
  async png(scale: number, background: string): Promise<Blob> {
    const before = this.renderer.getPixelRatio();
    this.scene.background = new Color(background);
    this.renderer.setPixelRatio(before * scale);
    this.renderer.render(this.scene, this.camera);
    const blob = await new Promise<Blob | null>((done) => this.renderer.domElement.toBlob(done, "image/png"));
    this.scene.background = null;
    this.renderer.setPixelRatio(before);
    this.draw();
    if (!blob) throw new Error("the browser could not make a PNG");
    return blob;
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    // Buttons lie over the lower edge.
    this.camera.setViewOffset(width, height, 0, 0.03 * height, width, height);
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  private turned(): void {
    if (this.rotating) this.rotating = false;
    this.onTurn();
  }

  private key(event: KeyboardEvent): void {
    const turns: Record<string, [number, number]> = {
      ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP],
    };
    const turn = turns[event.key];
    const zoom = { "+": 0.9, "=": 0.9, "-": 1 / 0.9 }[event.key];
    if (turn) this.turn(...turn);
    else if (zoom) this.camera.position.multiplyScalar(zoom);
    else if (event.key === "Home") this.reset();
    else return;
    event.preventDefault();
    this.controls.update();
    this.turned();
    this.draw();
  }

  private turn(around: number, upwards: number): void {
    const { x, y, z } = this.camera.position;
    const length = Math.hypot(x, y, z);
    const azimuth = Math.atan2(y, x) + around;
    const polar = Math.min(Math.max(Math.acos(z / length) + upwards, 0.01), Math.PI - 0.01);
    this.camera.position.set(
      length * Math.sin(polar) * Math.cos(azimuth), length * Math.sin(polar) * Math.sin(azimuth), length * Math.cos(polar),
    );
  }
}

function degrees({ x, y, z }: Vector3): ViewDirection {
  const [azimuth, elevation] = [Math.atan2(y, x), Math.atan2(z, Math.hypot(x, y))];
  return { azimuth: Math.round((azimuth * 180) / Math.PI), elevation: Math.round((elevation * 180) / Math.PI) };
}
