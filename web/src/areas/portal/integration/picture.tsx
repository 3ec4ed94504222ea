import { type ReactNode, useId, useRef, useState } from 'react'
import { api, type Fault, read, type Shapes } from '../../../api/client'
import { Button } from '../../../kit/button'
import { Dialog } from '../../../kit/dialog'
import { Actions, told } from '../../../kit/fields'
import { failureFaults } from '../../../kit/form'
import css from '../portal.module.css'

type Asset = Shapes['AssetView']

/** A picture of the listing: dropped or chosen, cleaned by the server, looked at on light and dark, then accepted. */
export function Picture({
  slug,
  use,
  label,
  hint,
  field,
  error,
  value,
  disabled,
  accept,
  onAccept,
  onRemove,
  children,
}: {
  slug: string
  use: 'logo' | 'mark' | 'screenshot'
  label: string
  hint: string
  /** JSON pointer, for links to it. */
  field: string
  error?: string
  /** The asset that is there. */
  value: string | null | undefined
  disabled?: boolean
  accept: string
  onAccept: (hash: string) => void
  onRemove?: () => void
  children?: ReactNode
}) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const [busy, setBusy] = useState(false)
  const [faults, setFaults] = useState<Fault[]>([])
  const [asset, setAsset] = useState<Asset | null>(null)

  const upload = async (file: File | undefined) => {
    if (!file || disabled) return
    setBusy(true)
    setFaults([])
    try {
      const { asset } = await read(
        api.POST('/integrations/{integrationId}/assets/{use}', {
          params: { path: { integrationId: slug, use } },
          body: file as never,
          bodySerializer: (body: unknown) => body as Blob,
          headers: { 'Content-Type': 'application/octet-stream' },
        }),
      )
      setAsset(asset)
    } catch (failure) {
      setFaults(failureFaults(failure))
    } finally {
      setBusy(false)
      if (input.current) input.current.value = ''
    }
  }
  return (
    <div className={css.group} data-field={field}>
      <span className={css.label} id={`${id}-label`}>
        {label}
      </span>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button is the first. */}
      <div
        className={css.drop}
        data-over={over || undefined}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          void upload(event.dataTransfer.files[0])
        }}
      >
        {value ? (
          <img src={`/api/assets/${value}`} alt={`${label}, as it is now`} />
        ) : (
          <span>Drop a file here, or</span>
        )}
        <input
          ref={input}
          type="file"
          hidden
          accept={accept}
          aria-labelledby={`${id}-label`}
          onChange={(event) => void upload(event.target.files?.[0])}
        />
        <span className={value ? css.end : css.buttons}>
          <Button
            small
            busy={busy}
            disabled={disabled}
            aria-describedby={`${id}-label`}
            onClick={() => input.current?.click()}
          >
            {value ? 'Replace' : 'Choose a file'}
          </Button>
          {value && onRemove && (
            <Button
              small
              look="quiet"
              disabled={disabled}
              aria-describedby={`${id}-label`}
              onClick={onRemove}
            >
              Remove
            </Button>
          )}
        </span>
      </div>
      {faults.map((fault) => (
        <p key={fault.code} className={css.error} role="alert">
          {told(fault)} <code>{fault.code}</code>
        </p>
      ))}
      {error && <p className={css.error}>{error}</p>}
      <span className={css.hint}>{hint}</span>
      {children}
      <Dialog title={`${label}: does it look right?`} open={asset !== null} onClose={() => setAsset(null)}>
        {asset && (
          <>
            <p>
              This is what the server kept: {asset.width} × {asset.height}
              {asset.mediaType === 'image/svg+xml' ? ', redrawn without scripts and references' : ''}.
            </p>
            <div className={css.grounds}>
              {(['light', 'dark'] as const).map((ground) => (
                <div key={ground} className={`${css.ground} ${css[ground]}`}>
                  <img src={`/api/assets/${asset.hash}`} alt={`${label} on a ${ground} page`} />
                  <small>on {ground}</small>
                </div>
              ))}
            </div>
            <Actions>
              <Button
                look="primary"
                onClick={() => {
                  onAccept(asset.hash)
                  setAsset(null)
                }}
              >
                Use this {use}
              </Button>
              <Button onClick={() => setAsset(null)}>Cancel</Button>
            </Actions>
          </>
        )}
      </Dialog>
    </div>
  )
}
