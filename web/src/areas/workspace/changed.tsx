import { useEffect, useRef } from 'react'
import { Button } from '../../kit/button'
import { Actions } from '../../kit/fields'
import { Note } from '../../kit/page'

/**
 * The version (`ETag`) that a form began with. It moves on while nobody changes what the form edits, so that a change
 * elsewhere on the same object is no conflict.
 */
export function useVersion(values: unknown, etag: string) {
  const text = JSON.stringify(values)
  const base = useRef({ text, etag })
  useEffect(() => {
    if (base.current.text === text) base.current.etag = etag
  }, [text, etag])
  return {
    /** What goes into `If-Match`. */
    seen: () => base.current.etag,
    /** The form now stands on these values. */
    adopt: (values: unknown, etag: string) => {
      base.current = { text: JSON.stringify(values), etag }
    },
  }
}

/** Somebody else saved meanwhile: one takes theirs, or keeps what one typed and saves it over theirs. */
export function ChangedMeanwhile({
  load,
  keep,
}: {
  load: () => Promise<unknown>
  keep: () => Promise<unknown>
}) {
  return (
    <Note tone="warn">
      <span role="alert">
        Somebody else changed this while you were editing. Nothing was saved, and what you typed is still
        here.
      </span>
      <Actions>
        <Button small onClick={() => void load()}>
          Load theirs
        </Button>
        <Button small onClick={() => void keep()}>
          Keep mine, to save it over theirs
        </Button>
      </Actions>
    </Note>
  )
}
