import { encode } from 'uqr';

const SVG = 'http://www.w3.org/2000/svg';

/** A QR code (ISO/IEC 18004) as a picture, with words for who does not see it. */
export function qr(text: string, label: string): SVGElement {
  const { data, size } = encode(text, { border: 1 });
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('viewBox', `0 0 ${size} ${size}`);
  picture.setAttribute('class', 'qr');
  picture.setAttribute('role', 'img');
  picture.setAttribute('aria-label', label);
  const dots = document.createElementNS(SVG, 'path');
  dots.setAttribute('d', path);
  picture.append(dots);
  return picture;
}
