// Results: downloading the label map, the report, and marking the volume as reviewed.

import * as api from './api.js'
import { $, guarded, say } from './page.js'
import { now } from './opened.js'

export const download = guarded(async () => {
  const { doc } = now, format = $('format').value
  await doc.queue
  await api.save(`${doc.path}/labels?format=${encodeURIComponent(format)}`, `${doc.info.id}_labels${format}`)
})

export const report = guarded(async () => {
  const { doc } = now, page = window.open('', '_blank')
  try {
    await doc.queue
    page.location = URL.createObjectURL(await (await api.request(doc.path + '/report')).blob())
  } catch (err) {
    page?.close()
    throw err
  }
})

export const review = guarded(async () => {
  const { doc } = now, reviewed = !doc.reviewed
  await doc.queue
  await api.post(doc.path + '/review', doc.by({ reviewed }))
  say(reviewed ? 'saved as reviewed, in labelsTr' : 'no longer reviewed')
})
