import { Pick } from '../../../kit/fields'
import { DEFAULT_PERIOD, PERIODS } from './books'

/** Which stretch of time; the usual one is left out of the address. */
export function PeriodSelect({
  value,
  onChange,
}: {
  value: string
  onChange: (period: string | undefined) => void
}) {
  return (
    <Pick
      aria-label="Period"
      value={value}
      onChange={(event) => onChange(event.target.value === DEFAULT_PERIOD ? undefined : event.target.value)}
    >
      {Object.entries(PERIODS).map(([word, { label }]) => (
        <option key={word} value={word}>
          {label}
        </option>
      ))}
    </Pick>
  )
}
