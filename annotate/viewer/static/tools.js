// Drawing on the slice with mouse or pen. A stroke is shown on a canvas above the slice until it is complete.

import * as raster from './raster.js'

export class Tools {
  /** stage displays the slice, and over is the canvas above it. done(shape) is called with each stroke (see finish), and
   *  missed(why) for mouse actions that are not strokes. */
  constructor(stage, over, done, missed) {
    Object.assign(this, { stage, over, done, missed })
    this.tool = 'outline'
    this.mm = 8 // diameter of the brush
    this.points = [] // [column, row]
    this.trace = [] // the same points in CSS pixels of the canvas
    this.scrolled = 0 // pixels that the wheel has turned since the last step
    this.color = '#e69f00'
    const box = over.parentElement
    const on = (type, f) => box.addEventListener(type, f.bind(this), { capture: true, passive: false })
    on('pointerdown', this.down)
    on('pointermove', this.drag)
    on('pointerup', this.up)
    on('pointercancel', this.cancel)
    on('pointerleave', () => { this.hover = null; this.paint() })
    on('dblclick', e => { if (this.tool === 'polygon') { e.stopPropagation(); this.close() } else if (this.drawing) e.stopPropagation() })
    for (const type of ['mousedown', 'mousemove', 'touchstart', 'touchmove']) on(type, e => { if (this.swallow(e)) e.stopPropagation() })
    on('wheel', this.wheel)
  }

  get drawing() { return this.tool !== 'move' }

  select(tool) {
    this.cancel()
    this.tool = tool
    this.over.parentElement.classList.toggle('draws', this.drawing)
    this.over.parentElement.classList.toggle('sized', tool === 'brush' || tool === 'erase')
  }

  swallow(e) { return this.drawing && (this.active || e.button === 0 && this.stage.info && e.clientX !== undefined && this.stage.pixel(e) && !e.shiftKey) }

  at(e) {
    const box = this.over.getBoundingClientRect()
    return [e.clientX - box.left, e.clientY - box.top]
  }

  down(e) {
    if (e.button !== 0 || !this.drawing || !this.stage.info || e.shiftKey) return
    const pixel = this.stage.pixel(e)
    if (!pixel) return this.missed(this.stage.mode === '3d' ? 'in 3-D nothing can be drawn: choose View: slice (S)' : 'draw on the slice itself; elsewhere the crosshair moves')
    e.preventDefault()
    e.stopPropagation()
    this.stage.canvas.focus({ preventScroll: true })
    this.away = e.altKey
    this.anew = e.ctrlKey || e.metaKey
    this.zoomed = this.stage.scale(e)
    if (this.tool === 'fill' || this.tool === 'click') return this.finish([pixel])
    if (this.tool === 'polygon') {
      if (!this.points.length) this.slice = this.stage.slice
      this.points.push(pixel)
      this.trace.push(this.at(e))
      return this.paint()
    }
    this.active = e.pointerId
    this.slice = this.stage.slice
    this.points = [pixel]
    this.trace = [this.at(e)]
    this.over.parentElement.setPointerCapture(e.pointerId)
    this.paint()
  }

  drag(e) {
    this.hover = this.at(e)
    if (this.stage.info && this.drawing) this.zoomed = this.stage.scale(e)
    if (this.active === e.pointerId) {
      e.stopPropagation()
      const pixel = this.stage.pixel(e)
      if (pixel && this.tool === 'box') this.points.length = this.trace.length = 1
      if (pixel) { this.points.push(pixel); this.trace.push(this.at(e)) }
    }
    this.paint()
  }

  up(e) {
    if (this.active !== e.pointerId) return
    e.stopPropagation()
    this.active = undefined
    const points = this.points
    this.points = []
    this.trace = []
    this.finish(points)
  }

  cancel() {
    this.active = undefined
    this.points = []
    this.trace = []
    this.paint()
  }

  within(x, side) { return Math.max(0, Math.min(this.stage.info[side] - 1, x)) }

  /** Shows the box and clicks that the model was given, {slice, box, clicks}; null: nothing. */
  marks(told) {
    this.told = told
    this.paint()
  }

  /** Completes a polygon. */
  close() {
    const points = this.points
    this.cancel()
    if (points.length > 2) this.finish(points)
  }

  /** Passes a stroke on: run(put) calls put with its pixels, and away says that they are removed from the object. A box or a
   *  click for the model has the field box or click instead. */
  finish(points) {
    this.paint()
    if (this.tool === 'click') {
      const [[x, y]] = points
      return this.done({ click: { x: this.within(x, 'width'), y: this.within(y, 'height'), away: this.away } })
    }
    if (this.tool === 'box') {
      const [[x0, y0], [x1, y1] = points[0]] = points
      if (Math.abs(x1 - x0) < 1 || Math.abs(y1 - y0) < 1) return this.missed('hold the button down and drag a box around the object')
      return this.done({ box: [this.within(x0, 'width'), this.within(y0, 'height'), this.within(x1, 'width'), this.within(y1, 'height')] })
    }
    const { width: w, height: h } = this.stage.info, radius = this.stage.size.map(mm => Math.max(0.5, this.mm / 2 / mm))
    const shape = { away: this.away || this.tool === 'erase', fill: this.tool === 'fill' }
    shape.anew = this.anew && !this.away && (this.tool === 'outline' || this.tool === 'polygon')
    if (shape.fill) {
      const x = Math.round(points[0][0]), y = Math.round(points[0][1])
      shape.run = (put, wall) => {
        const found = raster.enclosed(Math.max(0, Math.min(h - 1, y)) * w + Math.max(0, Math.min(w - 1, x)), wall, w, h)
        found?.forEach(put)
        return found !== null
      }
    } else if (this.tool === 'brush' || this.tool === 'erase') {
      shape.run = put => raster.line(points, ...radius, w, h, put)
    } else if (points.length > 2) {
      shape.run = put => raster.polygon(points, w, h, put)
    }
    if (shape.run) this.done(shape)
    else this.missed('hold the button down and draw around the object')
  }

  wheel(e) {
    if (!this.stage.info || this.stage.mode === '3d') return
    e.preventDefault()
    e.stopPropagation()
    if (e.ctrlKey) return this.stage.zoom(e.deltaY < 0 ? 1.15 : 1 / 1.15)
    const axis = this.stage.axisAt(...this.stage.canvasPoint(e)) ?? this.stage.across
    const steps = this.steps(e)
    if (!steps) return
    if (axis === this.stage.across) this.cancel()
    this.stage.move(axis, this.stage.position(axis) + steps)
  }

  /** Converts a wheel event to slices: one per notch of a mouse wheel, and one per 40 pixels of a touchpad, which sends many small
   *  events. */
  steps(e) {
    const notch = 60, pixels = e.deltaMode ? notch * Math.sign(e.deltaY) : e.deltaY
    if (Math.abs(pixels) >= notch) { this.scrolled = 0; return Math.sign(pixels) }
    this.scrolled = pixels * this.scrolled < 0 ? pixels : this.scrolled + pixels
    const steps = Math.trunc(this.scrolled / 40)
    this.scrolled -= 40 * steps
    return steps
  }

  /** Draws the unfinished stroke, and the brush. */
  paint() {
    const { over } = this, k = devicePixelRatio, g = over.getContext('2d')
    if (over.width !== Math.round(over.clientWidth * k)) over.width = Math.round(over.clientWidth * k)
    if (over.height !== Math.round(over.clientHeight * k)) over.height = Math.round(over.clientHeight * k)
    g.setTransform(k, 0, 0, k, 0, 0)
    g.clearRect(0, 0, over.clientWidth, over.clientHeight)
    const sized = this.tool === 'brush' || this.tool === 'erase'
    const [sx, sy] = (this.zoomed ?? [1, 1]).map((scale, i) => Math.max(1, scale * this.mm / 2 / (this.stage.size?.[i] ?? 1)))
    g.lineJoin = g.lineCap = 'round'
    this.paintMarks(g)
    g.strokeStyle = this.away || this.tool === 'erase' ? '#ffffff' : this.color
    if (this.trace.length) {
      g.globalAlpha = sized ? 0.5 : 1
      g.lineWidth = sized ? 2 * Math.min(sx, sy) : 2
      g.beginPath()
      if (this.tool === 'box') this.rectangle(g, this.trace[0], this.trace.at(-1))
      else this.trace.forEach(([x, y], i) => i ? g.lineTo(x, y) : g.moveTo(x, y + 0.01))
      if (this.tool === 'polygon' && this.hover) g.lineTo(...this.hover)
      if (!sized) { g.fillStyle = g.strokeStyle + '33'; g.fill() }
      g.stroke()
      g.globalAlpha = 1
    }
    if (sized && this.hover) {
      for (const [color, width] of [['#000', 3], [g.strokeStyle, 1.5]]) {
        g.strokeStyle = color
        g.lineWidth = width
        g.beginPath()
        g.ellipse(...this.hover, sx, sy, 0, 0, 2 * Math.PI)
        g.stroke()
      }
    }
  }

  rectangle(g, [x0, y0], [x1, y1]) { g.rect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)) }

  /** Draws what the model was given: the box as a dashed line, a plus on the object, a minus next to it. */
  paintMarks(g) {
    if (!this.told || !this.stage.info || this.stage.slice !== this.told.slice || this.stage.mode !== 'slice') return
    const frame = this.over.getBoundingClientRect()
    const at = (x, y) => { const p = this.stage.place(x, y); return p && [p[0] - frame.left, p[1] - frame.top] }
    const { box, clicks } = this.told
    const corners = box && [at(box[0], box[1]), at(box[2], box[3])]
    for (const [color, width] of [['#000', 4], ['#fff', 1.5]]) {
      g.strokeStyle = color
      g.lineWidth = width
      if (corners?.every(Boolean)) {
        g.setLineDash([6, 5])
        g.beginPath()
        this.rectangle(g, ...corners)
        g.stroke()
        g.setLineDash([])
      }
      for (const c of clicks) {
        const p = at(c.x, c.y)
        if (!p) continue
        g.beginPath()
        g.moveTo(p[0] - 6, p[1]); g.lineTo(p[0] + 6, p[1])
        if (!c.away) { g.moveTo(p[0], p[1] - 6); g.lineTo(p[0], p[1] + 6) }
        g.stroke()
      }
    }
  }
}
