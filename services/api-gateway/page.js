const form = document.querySelector('#sign-in')
const field = document.querySelector('#key')
const message = document.querySelector('#message')
const section = document.querySelector('#runs')
let next

form.addEventListener('submit', (event) => {
  event.preventDefault()
  sessionStorage.setItem('key', field.value.trim())
  void show()
})

document.querySelector('#sign-out').addEventListener('click', () => {
  signOut('')
  field.focus()
})

async function show() {
  clearTimeout(next)
  const key = sessionStorage.getItem('key')
  if (!key) return
  let runs
  try {
    const answer = await fetch('/api/v1/runs?limit=20', { headers: { authorization: `Bearer ${key}` } })
    if (answer.status === 401) return signOut('That key is not accepted. Is it the one in the key file of this server?')
    const body = await answer.json()
    if (!answer.ok) throw new Error(body.detail)
    runs = body.items
    message.textContent = ''
  } catch (error) {
    message.textContent =
      error instanceof TypeError ? 'The server does not answer. It is asked again in a moment.' : error.message
  }
  // Forgotten while the answer was on its way.
  if (sessionStorage.getItem('key') !== key) return
  if (runs) fill(runs)
  next = setTimeout(show, !runs || runs.some(isUnderWay) ? 2000 : 15000)
}

function signOut(reason) {
  clearTimeout(next)
  sessionStorage.removeItem('key')
  message.textContent = reason
  form.hidden = false
  section.hidden = true
  section.querySelector('tbody').replaceChildren()
}

function fill(runs) {
  field.value = ''
  form.hidden = true
  section.hidden = false
  document.querySelector('#none').hidden = runs.length > 0
  document.querySelector('#more').hidden = runs.length === 0
  section.querySelector('.wide').hidden = runs.length === 0
  section.querySelector('tbody').replaceChildren(...runs.map(row))
}

function isUnderWay({ status }) {
  return status === 'running' || status === 'queued'
}

function row(run) {
  const line = document.createElement('tr')
  line.append(
    cell(run.run, 'id'),
    cell(run.name),
    cell(run.stopReason ? `${run.status} (${run.stopReason})` : run.status, `status ${run.status}`),
    cell(run.entities.toLocaleString(), 'number'),
    cell(isUnderWay(run) || run.status === 'paused' ? '–' : run.findings.toLocaleString(), 'number'),
    cell(duration(Math.round(run.seconds)), 'number'),
    cell(run.startedAt ? new Date(run.startedAt).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }) : '–'),
  )
  return line
}

function cell(text, kind = '') {
  const made = document.createElement('td')
  made.textContent = text
  made.className = kind
  return made
}

function duration(seconds) {
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

void show()
