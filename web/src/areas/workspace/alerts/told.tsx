import css from './alerts.module.css'
import type { Alert } from './words'

/** Whom an alert tells. */
export function Told({ alert: { emails, webhookUrl } }: { alert: Pick<Alert, 'emails' | 'webhookUrl'> }) {
  return (
    <span className={css.told}>
      {emails.map((email) => (
        <span key={email}>{email}</span>
      ))}
      {webhookUrl && <code>{webhookUrl}</code>}
    </span>
  )
}
