// The document of a volume: the server's values, kept up to date by its events, and changes that are not saved yet.

import * as api from './api.js'

export const palette = ['#e69f00', '#56b4e9', '#009e73', '#cc79a7', '#f0e442', '#0072b2', '#d55e00']

/** Unpacks the labels of n pixels from runs; see project.EncodePlane. */
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
  /** info is the server's description of the volume. changed(slices) is called with the slices to redraw (null: all),
   *  job(event) for events of jobs, saving(n) with the number of unsaved changes, failed(error) for errors, and back() when a
   *  lost connection has been restored. */
  constructor(info, { changed, job, saving, failed, back }) {
    Object.assign(this, { info, changed, job, saving, failed, back })
    this.pixels = info.width * info.height
    this.values = {}
    this.revision = 0
    this.undoable = this.redoable = ''
    this.planes = new Map() // decoded labels, by slice
    this.counts = new Map() // pixels of each label, by slice
    this.preview = new Map() // what a running job has found, by slice
    this.pending = new Map() // drawn but not saved yet, by slice
    this.queue = Promise.resolve()
    this.waiting = 0
    this.stopped = new AbortController()
  }

  /** Follows the server's events; resolves with the first snapshot. */
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

  /** The labels of a slice as displayed. Callers must not change them. */
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

  /** The number of pixels of a label on a slice. */
  area(label, slice) {
    let counts = this.counts.get(slice)
    if (!counts) {
      counts = new Uint32Array(256)
      if (this.pending.has(slice) || this.preview.has(slice) || this.values['plane:' + slice]) for (const l of this.plane(slice)) counts[l]++
      this.counts.set(slice, counts)
    }
    return counts[label]
  }

  /** The objects, by ascending label. */
  get objects() {
    const out = new Map()
    for (const [key, value] of Object.entries(this.values)) if (key.startsWith('object:')) out.set(+key.slice(7), value)
    return new Map([...out].sort((a, b) => a[0] - b[0]))
  }

  mark(label, slice) { return this.values[`mark:${label}:${slice}`] }
  get reviewed() { return !!this.values.meta?.reviewed }

  /** Returns [label, slice, mark] for all marks for which fits is true. */
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

  /** The number of changes that the next propagation will take into account. */
  get changes() { return this.marks(m => m.changed).length }

  /** Sends changes one after another. If one fails, the user is told, and the page shows the server's state again. */
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

  /** Makes pix the labels of a slice. objects holds those that the server does not know yet. */
  draw(slice, pix, objects) {
    const base = this.revision
    this.pending.set(slice, pix)
    this.counts.delete(slice)
    this.changed([slice])
    return this.send(async () => {
      const plane = pack(pix)
      try {
        const { revision } = await api.post(this.path + '/edits', { author: api.author, base, op: 'draw', slice, plane, objects })
        // until the event arrives; later events may already have brought somebody else's change of the same slice
        if (revision > this.revision) this.values['plane:' + slice] = plane
      } finally {
        if (this.pending.get(slice) === pix) this.pending.delete(slice)
        this.forget(slice)
        this.changed([slice])
      }
    })
  }

  /** Undoes or redoes a step; which is 'undo' or 'redo'. */
  turn(which) { return this.send(() => api.post(`${this.path}/${which}`, this.by())) }
}
