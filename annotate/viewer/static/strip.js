// The strip below the volume: a row per object, a column per slice. The active object's row is taller, and also shows the
// model's certainty as a line.

const pad = 8

export class Strip {
  constructor(box, canvas, tip, go) {
    Object.assign(this, { box, canvas, tip, go })
    new ResizeObserver(() => this.draw()).observe(box)
    box.addEventListener('pointerdown', e => this.click(e))
    box.addEventListener('pointermove', e => { this.over(e); if (e.buttons & 1) this.click(e) })
    box.addEventListener('pointerleave', () => { tip.hidden = true })
  }

  show(doc, objects, active, slice) {
    Object.assign(this, { doc, objects: [...objects], active, slice })
    this.draw()
    this.box.ariaValueMax = doc.info.slices - 1
    this.box.ariaValueNow = slice
    this.box.ariaValueText = `slice ${slice}: ` + this.objects.map(([label, o]) => `${o.name} ${this.say(label, slice)}`).join('; ')
  }

  get em() { return parseFloat(getComputedStyle(document.documentElement).fontSize) }
  /** The height of an object's row, and the top of a row. */
  height(label) { return Math.round((label === this.active ? 3.4 : 1.6) * this.em) }
  top(row) { return this.objects.slice(0, row).reduce((sum, [label]) => sum + this.height(label), 0) }
  get left() { return Math.min(10.5 * this.em, this.box.clientWidth / 6) }
  get step() { return (this.box.clientWidth - this.left - pad) / this.doc.info.slices }

  /** Describes an object on a slice in words. */
  say(label, slice) {
    const m = this.doc.mark(label, slice), area = this.doc.area(label, slice)
    const words = { outlined: 'outlined', absent: 'marked as not here', tracked: 'found', notfound: 'not found', forgotten: 'to be computed again' }
    let text = m ? words[m.state] : area ? 'found, not saved yet' : 'not looked at yet'
    if (area) text += `, ${area} pixels`
    if (m?.score !== undefined) text += `, certainty ${Math.round(100 / (1 + Math.exp(-m.score)))}%`
    if (m?.accepted) text += ', accepted'
    else if (m?.doubts?.length) text += ', doubtful: ' + m.doubts.map(d => d.reason).join('; ')
    return text
  }

  draw() {
    if (!this.doc) return
    const k = devicePixelRatio, { canvas, left, step } = this, n = this.doc.info.slices
    const width = this.box.clientWidth, em = this.em, foot = 1.5 * em, height = this.top(this.objects.length) + foot
    canvas.width = Math.round(width * k)
    canvas.height = Math.round(height * k)
    canvas.style.height = height + 'px'
    const g = canvas.getContext('2d')
    g.setTransform(k, 0, 0, k, 0, 0)
    g.font = `${0.95 * em}px system-ui, sans-serif`
    g.textBaseline = 'middle'
    g.fillStyle = '#ffffff22'
    g.fillRect(left + this.slice * step, 0, Math.max(step, 2), height)
    this.objects.forEach(([label, o], row) => this.row(g, label, o, this.top(row), this.height(label), left, step, n))
    g.fillStyle = '#a3adb5'
    g.font = `${0.8 * em}px system-ui, sans-serif`
    const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find(e => e * step >= 2.6 * em) ?? 1000
    g.textAlign = 'center'
    for (let i = 0; i < n; i += every) g.fillText(i, left + (i + 0.5) * step, height - foot / 2)
    g.strokeStyle = '#fff'
    g.lineWidth = 1.5
    g.strokeRect(left + this.slice * step, 0.75, Math.max(step, 2), height - foot + 2)
    g.textAlign = 'left'
  }

  row(g, label, o, y, h, left, step, n) {
    g.fillStyle = label === this.active ? '#fff' : '#a3adb5'
    g.save()
    g.beginPath()
    g.rect(0, y, left - 6, h)
    g.clip()
    g.fillText(o.name, 6, y + Math.min(h, 1.6 * this.em) / 2)
    if (label === this.active) {
      g.fillStyle = '#a3adb5'
      g.font = `${0.75 * this.em}px system-ui, sans-serif`
      g.fillText('line: certainty', 6, y + 1.65 * this.em)
      g.fillText('bars: area', 6, y + 2.65 * this.em)
      g.font = `${0.95 * this.em}px system-ui, sans-serif`
    }
    g.restore()
    let most = 1
    for (let i = 0; i < n; i++) most = Math.max(most, this.doc.area(label, i))
    const bottom = y + h - 3, full = h - 6, gap = step > 4 ? 1 : 0
    for (let i = 0; i < n; i++) {
      const m = this.doc.mark(label, i), area = this.doc.area(label, i), x = left + i * step, w = Math.max(1, step - gap)
      g.fillStyle = o.color
      if (m?.state === 'outlined') {
        g.fillRect(x, y + 1, w, h - 3)
        g.strokeStyle = '#fff'
        g.lineWidth = 1
        g.strokeRect(x + 0.5, y + 1.5, Math.max(1, w - 1), h - 4)
      } else if (area) {
        g.globalAlpha = 0.65
        const tall = Math.max(3, full * Math.sqrt(area / most))
        g.fillRect(x, bottom - tall, w, tall)
        g.globalAlpha = 1
      } else if (m?.state === 'absent') {
        const c = x + w / 2, r = Math.min(4, Math.max(2, w / 2))
        g.strokeStyle = '#c6ced4'
        g.lineWidth = 1.5
        g.beginPath()
        g.moveTo(c - r, y + h / 2 - r); g.lineTo(c + r, y + h / 2 + r)
        g.moveTo(c - r, y + h / 2 + r); g.lineTo(c + r, y + h / 2 - r)
        g.stroke()
      } else if (m?.state === 'notfound') {
        g.fillStyle = '#77828b'
        g.fillRect(x, bottom - 1, w, 1)
      }
      if (m?.doubts?.length && !m.accepted) this.triangle(g, x + w / 2, y + 1, 0.4 * this.em)
    }
    if (label === this.active) this.certainty(g, label, y + 3, full - 2, left, step, n)
  }

  triangle(g, c, top, r) {
    g.beginPath()
    g.moveTo(c, top); g.lineTo(c + r, top + 2 * r); g.lineTo(c - r, top + 2 * r)
    g.closePath()
    g.fillStyle = '#f0e442'
    g.fill()
    g.strokeStyle = '#000'
    g.lineWidth = 1
    g.stroke()
  }

  /** Draws the score as a line: the probability that the object is present, 1 at the top. */
  certainty(g, label, top, tall, left, step, n) {
    for (const [color, width] of [['#000', 3.5], ['#fff', 1.5]]) {
      g.strokeStyle = color
      g.lineWidth = width
      g.beginPath()
      let on = false
      for (let i = 0; i < n; i++) {
        const score = this.doc.mark(label, i)?.score
        if (score === undefined) { on = false; continue }
        const x = left + (i + 0.5) * step, y = top + tall * (1 - 1 / (1 + Math.exp(-score)))
        if (!on) g.moveTo(x - step / 3, y)
        g.lineTo(x, y)
        on = true
      }
      g.stroke()
    }
  }

  /** [label, slice, whether the mouse is over the slices rather than the names]. */
  under(e) {
    const box = this.canvas.getBoundingClientRect()
    const slice = Math.floor((e.clientX - box.left - this.left) / this.step)
    const row = this.objects.findIndex((_, i) => e.clientY - box.top < this.top(i + 1))
    return [this.objects[row]?.[0], Math.max(0, Math.min(this.doc.info.slices - 1, slice)), e.clientX - box.left >= this.left]
  }

  click(e) {
    if (!this.doc) return
    const [label, slice, within] = this.under(e)
    this.go(within ? slice : null, label)
  }

  over(e) {
    if (!this.doc) return
    const [label, slice, within] = this.under(e)
    this.tip.hidden = !within
    this.tip.textContent = `slice ${slice}` + (label === undefined ? '' : `: ${this.doc.objects.get(label)?.name ?? ''} ${this.say(label, slice)}`)
    this.tip.style.left = Math.max(0, Math.min(e.clientX + 12, innerWidth - this.tip.offsetWidth - 8)) + 'px'
    this.tip.style.top = e.clientY - this.tip.offsetHeight - 10 + 'px'
  }
}
