// What is known of a volume: the server's values, kept up to date by its events, and changes that are on their way.

import * as api from './api.js'

export const palette = ['#e69f00', '#56b4e9', '#009e73', '#cc79a7', '#f0e442', '#0072b2', '#d55e00']

/** The labels of n pixels from runs of them, see project.EncodePlane. */
export function unpack(text, n) {
  const data = Uint8Array.from(atob(text), c => c.charCodeAt(0)), pix = new Uint8Array(n)
  for (let k = 0, at = 0; k < data.length;) {
    const label = data[k++]
    let run = 0, shift = 1
    for (;;) {
      const b = data[k++]
      run += (b & 127) * shift
      shift *= 128
      if (b < 128) break
    }
    if (label) pix.fill(label, at, at + run)
    at += run
  }
  return pix
}

/** The inverse of unpack. */
export function pack(pix) {
  const out = []
  for (let start = 0; start < pix.length;) {
    let end = start + 1
    while (end < pix.length && pix[end] === pix[start]) end++
    out.push(pix[start])
    let run = end - start
    for (; run >= 128; run = Math.floor(run / 128)) out.push(run % 128 | 128)
    out.push(run)
    start = end
  }
  let text = ''
  for (let i = 0; i < out.length; i += 8192) text += String.fromCharCode(...out.slice(i, i + 8192))
  return btoa(text)
}

export class Doc {
  /** info is the server's description; changed(slices) is called with the slices to draw anew, job(event) for jobs,
   *  back() when a lost connection is there again. */
  constructor(info, { changed, job, saving, failed, back }) {
    Object.assign(this, { info, changed, job, saving, failed, back })
    this.pixels = info.width * info.height
    this.values = {}
    this.revision = 0
    this.undoable = this.redoable = ''
    this.planes = new Map() // decoded
    this.counts = new Map() // of labels per slice
    this.preview = new Map() // what a running job has found
    this.pending = new Map() // drawn and not saved yet
    this.queue = Promise.resolve()
    this.waiting = 0
    this.stopped = new AbortController()
  }

  /** Follows the server; resolves with the first snapshot. */
  start() {
    return new Promise((ready, failed) => {
      api.follow(this.info.id, this.stopped.signal, event => {
        this.take(event)
        if (event.type !== 'snapshot') return
        ready()
        if (this.lost) this.back()
        this.lost = false
      }, err => {
        this.lost = true
        if (err instanceof api.Refused) { failed(err); this.close() } else this.failed(err)
      })
    })
  }

  close() { this.stopped.abort() }

  take(event) {
    switch (event.type) {
      case 'snapshot':
        this.values = event.set ?? {}
        this.planes.clear()
        this.counts.clear()
        this.preview.clear()
        this.note(event)
        this.changed(null)
        break
      case 'change': {
        const slices = []
        for (const [key, value] of Object.entries(event.set)) {
          if (value === null) delete this.values[key]
          else this.values[key] = value
          const [kind, slice] = key.split(':')
          if (kind === 'plane') { this.forget(+slice); slices.push(+slice) }
        }
        this.note(event)
        this.changed(slices)
        break
      }
      case 'slice':
        this.preview.set(event.slice, unpack(event.plane, this.pixels))
        this.counts.delete(event.slice)
        this.changed([event.slice])
        this.job(event)
        break
      case 'job': {
        const shown = [...this.preview.keys()]
        if (event.state !== 'running') { this.preview.clear(); for (const s of shown) this.counts.delete(s) }
        this.changed(shown)
        this.job(event)
      }
    }
  }

  note(event) {
    this.revision = event.revision ?? 0
    this.undoable = event.undo ?? ''
    this.redoable = event.redo ?? ''
  }

  forget(slice) { this.planes.delete(slice); this.counts.delete(slice) }

  /** The labels of a slice as they are to be shown; not to be changed. */
  plane(slice) {
    const shown = this.pending.get(slice) ?? this.preview.get(slice)
    if (shown) return shown
    let pix = this.planes.get(slice)
    if (!pix) {
      const text = this.values['plane:' + slice]
      pix = text ? unpack(text, this.pixels) : new Uint8Array(this.pixels)
      this.planes.set(slice, pix)
    }
    return pix
  }

  area(label, slice) {
    let counts = this.counts.get(slice)
    if (!counts) {
      counts = new Uint32Array(256)
      if (this.pending.has(slice) || this.preview.has(slice) || this.values['plane:' + slice]) for (const l of this.plane(slice)) counts[l]++
      this.counts.set(slice, counts)
    }
    return counts[label]
  }

  /** The objects, by label. */
  get objects() {
    const out = new Map()
    for (const [key, value] of Object.entries(this.values)) if (key.startsWith('object:')) out.set(+key.slice(7), value)
    return new Map([...out].sort((a, b) => a[0] - b[0]))
  }

  mark(label, slice) { return this.values[`mark:${label}:${slice}`] }
  get reviewed() { return !!this.values.meta?.reviewed }

  /** [label, slice, mark] of all marks that fit. */
  marks(fits) {
    const out = []
    for (const [key, value] of Object.entries(this.values)) {
      if (!key.startsWith('mark:') || !fits(value)) continue
      const [, label, slice] = key.split(':').map(Number)
      out.push([label, slice, value])
    }
    return out
  }

  /** Doubtful slices, most doubtful first. */
  doubts() {
    const weight = m => 1 - m.doubts.reduce((trust, d) => trust * (1 - d.weight), 1)
    return this.marks(m => m.doubts?.length && !m.accepted).sort((a, b) => weight(b[2]) - weight(a[2]) || a[1] - b[1])
  }

  /** What the next propagation would follow. */
  get changes() { return this.marks(m => m.changed).length }

  /** Sends one change after another; a failure is told and leaves the server's state. */
  send(f) {
    this.waiting++
    this.saving(this.waiting)
    this.queue = this.queue.then(f).catch(err => this.failed(err)).finally(() => {
      this.waiting--
      this.saving(this.waiting)
    })
    return this.queue
  }

  get path() { return api.volume(this.info.id) }
  by(more) { return { author: api.author, base: this.revision, ...more } }
  edit(more) { return this.send(() => api.post(this.path + '/edits', this.by(more))) }

  /** Makes pix the labels of a slice; objects are those that the server does not know yet. */
  draw(slice, pix, objects) {
    const base = this.revision
    this.pending.set(slice, pix)
    this.counts.delete(slice)
    this.changed([slice])
    return this.send(async () => {
      const plane = pack(pix)
      try {
        await api.post(this.path + '/edits', { author: api.author, base, op: 'draw', slice, plane, objects })
        this.values['plane:' + slice] = plane
      } finally {
        if (this.pending.get(slice) === pix) this.pending.delete(slice)
        this.forget(slice)
        this.changed([slice])
      }
    })
  }

  turn(which) { return this.send(() => api.post(`${this.path}/${which}`, this.by())) }
}
