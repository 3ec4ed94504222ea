import type { ReactNode } from 'react'
import type { Fault } from '../../../api/client'
import { TextArea, told } from '../../../kit/fields'
import css from './destination.module.css'
import { placeOf } from './fql'

/** A condition in FQL; a fault of it is shown where it is. */
export function FqlField({
  label,
  hint,
  value,
  fault,
  prefixed = 0,
  onChange,
}: {
  label: string
  hint: ReactNode
  value: string
  fault: Fault | undefined
  /** Bytes that stood before it where it was sent. */
  prefixed?: number
  onChange: (typed: string) => void
}) {
  const place = fault && placeOf(value, fault.message, prefixed)
  return (
    <>
      <TextArea
        label={label}
        mono
        rows={4}
        spellCheck={false}
        placeholder="type = 'track' and properties.total > 100"
        hint={hint}
        value={value}
        error={fault && told({ ...fault, expected: undefined })}
        onChange={({ target }) => onChange(target.value)}
      />
      {place && (
        <p className={css.place}>
          Line {place.line}: {place.before}
          <mark>{place.after || '⏎'}</mark>
        </p>
      )}
    </>
  )
}

/** How conditions are written, by examples. */
export const FQL_EXAMPLES = (
  <>
    <code>event = 'Ping'</code>, <code>match( properties.email, '*@example.com' )</code>, <code>!( … )</code>{' '}
    for all others, <code>all</code> for every one.
  </>
)
