import { de as common } from '../shared/words-de';
import type { DevicesWords } from './words-en';

export const de: DevicesWords = {
  ...common,
  byOperator: 'Durch den Betreiber, für Sie',
  byDevice: 'Durch ein anderes Ihrer Geräte',
  limitedToAll: 'Darf Ihr Konto nicht ändern.',

  heading: 'Wo Sie angemeldet sind',
  introduction:
    'Jede Anmeldung auf einem Gerät ist eine Sitzung. Sie dauert, bis Sie sich abmelden oder sie abläuft. ' +
    'Wenn Sie eine nicht kennen, melden Sie sie ab und ändern Sie Ihr Passwort.',
  signedInAs: 'Angemeldet als',
  guest: 'Als Gast angemeldet.',
  loading: 'Ihre Geräte werden geladen …',
  thisDevice: 'Dieses Gerät',
  otherDevices: 'Andere Geräte',
  noOthers: 'Sie sind nirgends sonst angemeldet.',
  more: 'Mehr',
  recentlyEnded: 'Zuletzt abgemeldet',
  noneEnded: 'Noch nichts.',
  showAll: ({ count }) => `Alle ${count} Sitzungen zeigen`,
  showFewer: 'Nur eine Sitzung zeigen',
  limitedHere:
    'Dieses Gerät ist eingeschränkt: Es sieht nur eingeschränkte Geräte und kann keines davon ändern.',

  signOut: 'Abmelden',
  signOutDevice: ({ device }) => `${device} abmelden`,
  signOutDeviceBody: ({ device }) =>
    `${device} wird sofort abgemeldet. Um es wieder zu benutzen, melden Sie sich dort an.`,
  signOutTokenBody: ({ device }) =>
    `${device} wird sofort abgemeldet. Um es wieder zu benutzen, braucht es ein neues Token oder einen neuen Code.`,
  signedOutDevice: ({ device }) => `${device} wurde abgemeldet.`,
  signedOutAlready: ({ device }) => `${device} war schon abgemeldet.`,
  signOutGroup: ({ device, count }) => `Alle ${count} Sitzungen von ${device} abmelden`,
  signedOutGroup: ({ device, count }) => `Alle ${count} Sitzungen von ${device} wurden abgemeldet.`,
  signOutHere: 'Dieses Gerät abmelden',
  signOutHereBody: 'Sie werden hier sofort abgemeldet. Die anderen Geräte bleiben angemeldet.',
  signOutOthers: 'Alle anderen Geräte abmelden',
  signOutOthersBody: ({ count }) =>
    count === 1
      ? 'Die andere Sitzung wird sofort abgemeldet. Dieses Gerät bleibt angemeldet.'
      : `Alle ${count} anderen Sitzungen werden sofort abgemeldet, auch die von Geräte-Token. Dieses Gerät bleibt angemeldet.`,
  overAlready:
    'Nicht getan: Sie waren hier schon abgemeldet. Melden Sie sich neu an, um andere Geräte abzumelden.',
  signedOutOthers: ({ count }) =>
    count === 1 ? '1 andere Sitzung wurde abgemeldet.' : `${count} andere Sitzungen wurden abgemeldet.`,
  signOutAll: 'Überall abmelden',
  signOutAllBody: 'Jede Sitzung wird sofort abgemeldet, auch diese. Melden Sie sich danach hier neu an.',
  signOutGuestBody:
    'Sie werden sofort abgemeldet. Als Gast können Sie sich nicht wieder anmelden: Was zu diesem Konto gehört, ist dann für Sie verloren.',

  rename: ({ device }) => `${device} umbenennen`,
  name: 'Name',
  save: 'Speichern',
  renamed: ({ device }) => `Umbenannt in ${device}.`,

  newToken: 'Neues Geräte-Token',
  newTokenBody:
    'Für einen Sensor oder ein Programm ohne Bildschirm: ein Token, das nur darf, was Sie hier wählen.',
  mayDo: 'Was es darf',
  mayDoAll: 'Es darf alles, außer Ihr Konto zu ändern.',
  chooseOne: 'Wählen Sie mindestens eines.',
  goodFor: 'Gültig für',
  days: ({ count }) => (count === 1 ? '1 Tag' : `${count} Tage`),
  asLongAsAllowed: 'So lange, wie der Server erlaubt',
  makeToken: 'Token erzeugen',
  tokenMade: ({ device }) => `Das Token von ${device}`,
  tokenOnce: 'Kopieren oder scannen Sie es jetzt: Es wird nur einmal gezeigt.',
  tokenPicture: 'Das Token, als Bild. Kopieren Sie es mit dem Knopf.',
  tokenCode: 'QR-Code des Tokens',
  copy: 'Kopieren',
  copied: 'Kopiert.',
  notCopied:
    'Ihr Browser hat das Kopieren nicht erlaubt. Scannen Sie den Code, oder tippen Sie das Token ab.',

  pair: 'Ein Gerät mit seinem Code hinzufügen',
  pairHeading: 'Ein Gerät hinzufügen',
  pairBody: 'Geben Sie den Code ein, den das Gerät zeigt.',
  pairFilled: 'Vergleichen Sie den Code mit dem, den das Gerät zeigt.',
  code: 'Code',
  next: 'Weiter',
  asks: ({ name }) => `„${name}“ möchte Ihr Konto benutzen`,
  unnamedAsks: 'Ein Gerät möchte Ihr Konto benutzen',
  asksFrom: 'Es fragt von',
  askedAt: 'Gefragt',
  saysItIs: 'Es nennt sich',
  unknownAddress: 'einer unbekannten Adresse',
  nameForList: 'Name in Ihrer Liste der Geräte',
  compare: 'Zeigt das Gerät vor Ihnen diesen Code?',
  warning: 'Wenn jemand anders Ihnen diesen Code oder einen Link dazu geschickt hat, lehnen Sie ab.',
  allow: 'Erlauben',
  deny: 'Ablehnen',
  allowed: ({ device }) => `${device} ist erlaubt. Es meldet sich in wenigen Sekunden an.`,
  denied: ({ device }) => `${device} ist abgelehnt. Es bekommt nichts.`,
  codeUnknown:
    'Es gibt kein Gerät mit diesem Code. Vielleicht ist er abgelaufen: Lassen Sie das Gerät einen neuen zeigen.',
  codeTooMany: 'Zu viele falsche Codes. Versuchen Sie es in 15 Minuten wieder.',
  noPairing: 'Hier können keine Geräte mit einem Code hinzugefügt werden.',
  addAnother: 'Noch ein Gerät hinzufügen',
  back: 'Ihre Geräte',

  reportHeading: 'Waren Sie das nicht?',
  reportBody:
    'Wenn Sie sich dort nicht angemeldet haben, melden Sie das Gerät jetzt ab. Dafür müssen Sie nicht angemeldet sein.',
  reportReset: 'Schicken Sie mir auch eine E-Mail, mit der ich ein neues Passwort wählen kann',
  report: 'Das Gerät abmelden',
  reported: 'Das Gerät wurde abgemeldet.',
  reportedReset: 'Eine E-Mail, mit der Sie ein neues Passwort wählen können, ist unterwegs.',
  reportedNoReset: 'Es konnte keine E-Mail geschickt werden. Ändern Sie Ihr Passwort selbst.',
  reportOver: 'Das Gerät ist schon abgemeldet, oder der Link ist benutzt oder zu alt.',
  reportNext: 'Ändern Sie Ihr Passwort, wenn jemand anders es kennen könnte.',
  reportNoLink: 'Der Link ist nicht vollständig. Öffnen Sie ihn noch einmal aus der E-Mail.',

  signInHeading: 'Anmelden',
  username: 'Benutzername',
  password: 'Passwort',
  signIn: 'Anmelden',
  wrongPassword: 'Der Benutzername oder das Passwort ist falsch.',
  secondFactor: 'Code Ihres zweiten Faktors',
  'here.logout': 'Sie haben sich abgemeldet.',
  'here.revoked': 'Sie wurden von einem anderen Gerät abgemeldet.',
  'here.sameInstallation': 'Sie haben sich auf diesem Gerät neu angemeldet.',
  'here.passwordChange': 'Ihr Passwort wurde geändert.',
  'here.factorChange': 'Die Art Ihrer Anmeldung wurde geändert.',
  'here.limit': 'Sie haben sich auf zu vielen anderen Geräten angemeldet.',
  'here.invalidated': 'Der Betreiber hat Sie abgemeldet.',
  'here.reported': 'Dieses Gerät wurde gemeldet: Es sei nicht Ihres.',
  'here.userLocked': 'Ihr Konto wurde gesperrt.',
  'here.userDeleted': 'Ihr Konto wurde gelöscht.',
  'here.orphan': 'Ihr Konto wurde gelöscht.',
  'here.expired': 'Ihre Sitzung ist abgelaufen.',
  youSignedOut: 'Sie haben sich abgemeldet.',

  confirmHeading: 'Sind Sie es?',
  confirmBody: 'Geben Sie Ihr Passwort ein, um fortzufahren.',
  confirm: 'Bestätigen',
  confirmWrong: 'Das Passwort oder der Code ist falsch.',
  confirmTooMany: 'Zu viele falsche Passwörter. Versuchen Sie es in 15 Minuten wieder.',
  confirmElsewhere: 'Auf andere Weise anmelden',
  notConfirmed: 'Nicht getan: Sie haben nicht bestätigt, dass Sie es sind.',
  guestStale:
    'Nicht getan: Dafür muss man sich vor Kurzem angemeldet haben, und ein Gast kann sich nicht neu anmelden.',
};
