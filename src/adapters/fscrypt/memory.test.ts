import { imagesConformance } from './conformance.ts';
import { makeMemoryImages } from './memory.ts';

imagesConformance('memory', async () => {
  const images = makeMemoryImages();
  return {
    images,
    place: (name) => ({ image: `/images/${name}.img`, mount: `/mounts/${name}` }),
    async hold(place) {
      images.hold(place, true);
      return async () => images.hold(place, false);
    },
  };
});
