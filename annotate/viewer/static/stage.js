// The volume on screen: NiiVue, but with slices and pixels counted in the file's own order.

import { Niivue, SLICE_TYPE, DRAG_MODE } from '/static/niivue.js'

const planes = [SLICE_TYPE.SAGITTAL, SLICE_TYPE.CORONAL, SLICE_TYPE.AXIAL] // by the patient's axis that slices are across

export class Stage {
  constructor(canvas, moved) {
    this.canvas = canvas
    this.moved = moved // called when the crosshair has moved, and after the scene has been drawn
    this.mode = 'slice'
  }

  async start() {
    this.nv = new Niivue({
      logLevel: 'error', dragAndDropEnabled: false, isResizeCanvas: true, show3Dcrosshair: true, backColor: [0, 0, 0, 1],
      crosshairColor: [0.34, 0.71, 0.91, 0.7], crosshairWidth: 0, isRadiologicalConvention: true, isOrientationTextVisible: true, isColorbar: false, multiplanarShowRender: 1,
    })
    await this.nv.attachToCanvas(this.canvas)
    this.nv.setMouseEventConfig({
      leftButton: { primary: DRAG_MODE.crosshair, withShift: DRAG_MODE.pan, withCtrl: DRAG_MODE.crosshair },
      rightButton: DRAG_MODE.windowing, centerButton: DRAG_MODE.pan,
    })
    this.nv.onLocationChange = () => this.moved()
    new ResizeObserver(() => requestAnimationFrame(() => this.moved())).observe(this.canvas)
  }

  /** Shows a volume: info is the server's description, blob its NIfTI. */
  async show(info, blob) {
    while (this.nv.volumes.length) this.nv.removeVolume(this.nv.volumes[0])
    const url = URL.createObjectURL(blob)
    try {
      await this.nv.loadVolumes([{ url, name: 'image.nii', cal_min: info.window[0], cal_max: info.window[1] }])
    } finally {
      URL.revokeObjectURL(url)
    }
    this.info = info
    this.layout()
    this.nv.createEmptyDrawing()
    this.nv.setDrawOpacity(0.4)
    this.nv.drawRimOpacity = 1
    this.nv.scene.pan2Dxyzmm = [0, 0, 0, 1]
    this.setMode('slice')
    this.goto(info.slices >> 1)
  }

  /** Works out how the file's axes map to NiiVue's, which are the patient's (RAS). */
  layout() {
    const v = this.nv.volumes[0], dims = v.dimsRAS.slice(1, 4), stride = [1, dims[0], dims[0] * dims[1]]
    this.ras = [] // by the file's axis: r (NiiVue's axis), n (its size), flip (whether it is reversed), step and start (in NiiVue's bitmap)
    v.permRAS.slice(0, 3).forEach((p, r) => {
      const flip = p < 0
      this.ras[Math.abs(p) - 1] = { r, n: dims[r], flip, step: flip ? -stride[r] : stride[r], start: flip ? (dims[r] - 1) * stride[r] : 0 }
    })
    const a = this.info.axis
    this.across = this.ras[a]
    this.col = this.ras[a === 0 ? 1 : 0]
    this.row = this.ras[a === 2 ? 1 : 2]
    this.size = [a === 0 ? 1 : 0, a === 2 ? 1 : 2].map(axis => this.info.spacing[axis]) // mm of a column and a row
  }

  setMode(mode) {
    this.mode = mode
    this.nv.setSliceType({ slice: planes[this.across.r], planes: SLICE_TYPE.MULTIPLANAR, '3d': SLICE_TYPE.RENDER }[mode])
    this.cross(this.crossed)
    this.moved()
  }

  /** Shows or hides the crosshair on a single slice. With three planes, it is always visible. */
  cross(on) {
    this.crossed = on
    this.nv.setCrosshairWidth(on || this.mode !== 'slice' ? 0.4 : 0)
  }

  setWindow(lo, hi) {
    const v = this.nv.volumes[0]
    v.cal_min = lo
    v.cal_max = hi
    this.nv.updateGLVolume()
  }

  get slice() { return this.position(this.across) }

  /** The crosshair's position along an axis of the file. */
  position(axis) {
    const at = Math.round(this.nv.scene.crosshairPos[axis.r] * axis.n - 0.5)
    return Math.max(0, Math.min(axis.n - 1, axis.flip ? axis.n - 1 - at : at))
  }

  goto(slice) { this.move(this.across, slice) }

  move(axis, at) {
    at = Math.max(0, Math.min(axis.n - 1, at))
    this.nv.scene.crosshairPos[axis.r] = ((axis.flip ? axis.n - 1 - at : at) + 0.5) / axis.n
    this.draw()
    this.moved()
  }

  /** Moves the crosshair to a pixel of the slice. */
  center(x, y) {
    for (const [axis, at] of [[this.col, x], [this.row, y]]) this.nv.scene.crosshairPos[axis.r] = ((axis.flip ? axis.n - 1 - at : at) + 0.5) / axis.n
    this.draw()
  }

  zoom(factor) {
    const p = this.nv.scene.pan2Dxyzmm
    this.nv.setPan2Dxyzmm([p[0], p[1], p[2], Math.max(0.5, Math.min(20, p[3] * factor))])
    this.moved()
  }

  draw() { this.nv.drawScene() }

  /** The axis that the picture at a point of the canvas is across; null if there is none, or in 3-D. */
  axisAt(x, y) {
    const i = this.nv.tileIndex(x, y)
    const kind = i < 0 ? -1 : this.nv.screenSlices[i].axCorSag
    return kind < 0 || kind > 2 ? null : this.ras.find(axis => axis.r === 2 - kind)
  }

  /** The position of a mouse event, in device pixels of the canvas. */
  canvasPoint(e) {
    const box = this.canvas.getBoundingClientRect(), k = this.canvas.width / box.width
    return [(e.clientX - box.left) * k, (e.clientY - box.top) * k]
  }

  /** [column, row] on the slice at a mouse event, with fractions; null where the slice is not displayed. */
  pixel(e) {
    const [x, y] = this.canvasPoint(e)
    if (this.mode === '3d' || this.axisAt(x, y) !== this.across) return null
    const frac = this.nv.canvasPos2frac([x, y])
    if (frac[0] < 0) return null
    return [this.col, this.row].map(axis => {
      const at = frac[axis.r] * axis.n - 0.5
      return axis.flip ? axis.n - 1 - at : at
    })
  }

  /** The position of a pixel of the slice, in CSS pixels of the page. */
  place(x, y) {
    const frac = []
    for (const [axis, at] of [[this.col, x], [this.row, y], [this.across, this.slice]]) frac[axis.r] = ((axis.flip ? axis.n - 1 - at : at) + 0.5) / axis.n
    const at = this.nv.frac2canvasPos(frac), box = this.canvas.getBoundingClientRect(), k = this.canvas.width / box.width
    return at && [box.left + at[0] / k, box.top + at[1] / k]
  }

  /** The size of a pixel of the slice at a mouse event, [width, height] in CSS pixels. */
  scale(e) {
    const [x, y] = this.canvasPoint(e), k = this.canvas.width / this.canvas.getBoundingClientRect().width
    const tile = this.nv.screenSlices[this.nv.tileIndex(x, y)]
    if (!tile) return [1, 1]
    const [, , width] = tile.leftTopWidthHeight
    const perMM = Math.abs(width / tile.fovMM[0]) / k
    return this.size.map(mm => mm * perMM)
  }

  /** The intensity of a pixel of a slice. */
  intensity(x, y, slice) {
    const v = this.nv.volumes[0], at = []
    const a = this.info.axis
    at[a] = slice
    at[a === 0 ? 1 : 0] = x
    at[a === 2 ? 1 : 2] = y
    const raw = v.img[at[0] + this.info.dim[0] * (at[1] + this.info.dim[1] * at[2])]
    return raw * v.hdr.scl_slope + v.hdr.scl_inter
  }

  /** Sets the labels of a slice. */
  put(slice, pix) {
    const { col, row, across } = this, { width, height } = this.info, bitmap = this.nv.drawBitmap
    const base = col.start + row.start + across.start + slice * across.step
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0, at = base + y * row.step; x < width; x++, at += col.step) bitmap[at] = pix[i++]
    }
    this.refresh()
  }

  /** Draws the labels in the next frame, once no matter how often it is called. */
  refresh() {
    if (this.waiting) return
    this.waiting = true
    requestAnimationFrame(() => {
      this.waiting = false
      this.nv.refreshDrawing(true)
    })
  }

  /** Sets the colors of the labels. objects maps labels to {name, color, hidden}. */
  colors(objects, shown) {
    const lut = new Uint8ClampedArray(256 * 4), labels = Array.from({ length: 256 }, (_, i) => String(i))
    for (const [label, o] of objects) {
      const c = parseInt(o.color.slice(1), 16)
      lut.set([c >> 16, c >> 8 & 255, c & 255, o.hidden || !shown ? 0 : 255], 4 * label)
      labels[label] = o.name
    }
    this.nv.drawLut = { lut, labels } // setDrawColormap would recompute the volume's texture
    this.nv.refreshColormaps()
    this.refresh()
  }

  setOpacity(x) { this.nv.setDrawOpacity(x) }
}
