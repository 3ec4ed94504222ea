import { useState } from 'react'
import { Badge } from '../../../../kit/badge'
import { Button } from '../../../../kit/button'
import { Code } from '../../../../kit/copy'
import { Dialog } from '../../../../kit/dialog'
import { Actions, Select, TextArea } from '../../../../kit/fields'
import { Muted } from '../../../../kit/page'
import css from './debugger.module.css'
import { edited, type Json, parse, pretty, textAt } from './json'
import { asSent } from './snippets'
import { TYPES } from './words'

/** What the tracking API answered. */
interface Answer {
  status: number
  text: string
  /** Where the message stands now, or why it was not accepted. */
  position: string | undefined
  word: string
}

/** A fresh id; also where the page has no secure origin. */
const freshId = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `debugger-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

const EXAMPLE = '{"userId":"user_1","event":"Test Event","properties":{"from":"Debugger"}}'

/** The text that the composer begins with: the message as its sender wrote it, under an id of its own. */
export function draftOf(message: Json | null): { type: string; text: string } {
  const call = message && message.root.kind === 'object' ? asSent(message) : parse(EXAMPLE)!
  const type = textAt(call, 'type') ?? 'track'
  const known = (TYPES as readonly string[]).includes(type)
  const body = parse(edited(call, new Set(['type']), { messageId: JSON.stringify(freshId()) }))!
  return { type: known ? type : 'track', text: pretty(body) }
}

/** Sends a message from this page, with the source's own write key, as any sender would. */
export function Composer({
  message,
  writeKey,
  onClose,
  onArrived,
}: {
  message: Json | null
  writeKey: string
  onClose: () => void
  /** Where the message stands. */
  onArrived: (position: string) => void
}) {
  const [{ type, text }, setDraft] = useState(() => draftOf(message))
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const [answer, setAnswer] = useState<Answer | null>(null)

  const sendIt = async (event: React.FormEvent) => {
    event.preventDefault()
    const json = parse(text)
    if (json?.root.kind !== 'object') {
      setError('This is not a JSON object. Look for a missing quote or comma.')
      return
    }
    setError('')
    setBusy(true)
    try {
      const got = await post(type, text, writeKey)
      setAnswer(got)
      if (got.position) onArrived(got.position)
      // Another press sends another message, not a duplicate.
      setDraft({
        type,
        text: pretty(parse(edited(json, new Set(), { messageId: JSON.stringify(freshId()) }))!),
      })
    } catch {
      setError('The server could not be reached. Nothing was sent; try again.')
    } finally {
      setBusy(false)
    }
  }

  return (
    <Dialog title="Send a message" open onClose={onClose} wide>
      <form className={css.composer} onSubmit={sendIt}>
        <Select label="Call" value={type} onChange={(event) => setDraft({ type: event.target.value, text })}>
          {TYPES.map((each) => (
            <option key={each} value={each}>
              POST /v1/{each}
            </option>
          ))}
        </Select>
        <TextArea
          label="Message"
          hint="It gets a messageId of its own, so that it is no duplicate. Destinations receive it like any other."
          error={error}
          mono
          rows={16}
          spellCheck={false}
          value={text}
          onChange={(event) => setDraft({ type, text: event.target.value })}
        />
        <Actions>
          <Button type="submit" look="primary" busy={busy}>
            Send
          </Button>
          <Button onClick={onClose}>Close</Button>
        </Actions>
        {answer && (
          <div role="status" className={css.answer}>
            <p>
              <Badge tone={answer.position && answer.word === 'Accepted' ? 'ok' : 'warn'}>
                {answer.status} {answer.word}
              </Badge>{' '}
              {answer.position ? (
                <Muted>It stands at {answer.position} and is selected in the list.</Muted>
              ) : (
                <Muted>It was not taken.</Muted>
              )}
            </p>
            <Code text={answer.text} label="Answer" />
          </div>
        )}
      </form>
    </Dialog>
  )
}

interface Receipts {
  receipt?: {
    events?: { position: string; duplicate?: boolean }[]
    discarded?: { position: string; code: string }[]
  }
}

async function post(type: string, body: string, writeKey: string): Promise<Answer> {
  const response = await fetch(`${location.origin}/v1/${type}`, {
    method: 'POST',
    credentials: 'omit',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${btoa(`${writeKey}:`)}`,
      // With the place of the message, so that it can be shown.
      prefer: 'receipt',
    },
    body,
  })
  const written = await response.text()
  const json = parse(written)
  const { receipt } = json ? (JSON.parse(written) as Receipts) : {}
  const event = receipt?.events?.[0]
  const discard = receipt?.discarded?.[0]
  return {
    status: response.status,
    text: json ? pretty(json) : written,
    position: event?.position ?? discard?.position,
    word: discard
      ? `Discarded: ${discard.code}`
      : event?.duplicate
        ? 'Duplicate'
        : event
          ? 'Accepted'
          : 'Refused',
  }
}
