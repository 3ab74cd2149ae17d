// Requests to the server, and who makes them.

let token = sessionStorage.getItem('slmsam-token') ?? ''
const asked = new URLSearchParams(location.search).get('token')
if (asked) { // a link with the token: keep it out of the address bar
  token = asked
  sessionStorage.setItem('slmsam-token', token)
  history.replaceState(null, '', location.pathname + location.hash)
}

/** Names this page for others who work on the same volume, one name per tab. */
export const author = 'tab ' + crypto.getRandomValues(new Uint32Array(1))[0].toString(36)

/** An answer that is not a success; data is the server's JSON. */
export class Refused extends Error {
  constructor(status, data) {
    super(data.detail ?? `the server answered ${status}`)
    this.status = status
    this.data = data
  }
}

/** Asks the user for the token; resolves once it is given. */
async function askToken() {
  const dialog = document.getElementById('ask')
  dialog.showModal()
  await new Promise(done => dialog.addEventListener('close', done, { once: true }))
  token = document.getElementById('token').value.trim()
  sessionStorage.setItem('slmsam-token', token)
}

/** fetch with the token; refused requests throw. */
export async function request(path, options = {}) {
  for (;;) {
    const headers = { ...options.headers }
    if (token) headers.Authorization = 'Bearer ' + token
    let answer
    try {
      answer = await fetch('/api/' + path, { ...options, headers })
    } catch (err) {
      if (err.name === 'AbortError') throw err
      throw new Error('the server does not answer: is slmsam serve still running?')
    }
    if (answer.ok) return answer
    if (answer.status === 401) {
      await askToken()
      continue
    }
    throw new Refused(answer.status, await answer.json().catch(() => ({})))
  }
}

export const get = async path => (await request(path)).json()

export const post = async (path, body) =>
  (await request(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json()

export const volume = id => 'volumes/' + encodeURIComponent(id)

/** Calls take(event) for what happens to a volume until signal aborts; comes back when the connection is lost. */
export async function follow(id, signal, take, lost) {
  while (!signal.aborted) {
    try {
      const answer = await request(volume(id) + '/events', { signal })
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
      let rest = ''
      for (;;) {
        const { value, done } = await reader.read()
        if (done) break
        const lines = (rest + value).split('\n')
        rest = lines.pop()
        for (const line of lines) take(JSON.parse(line))
      }
    } catch (err) {
      if (signal.aborted) return
      lost(err)
    }
    await new Promise(done => setTimeout(done, 1000))
  }
}

/** Saves an answer's body as a file. */
export async function save(path, name) {
  const url = URL.createObjectURL(await (await request(path)).blob())
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60000)
}
